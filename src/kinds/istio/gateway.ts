import { checkIp, checkUnixSocket } from "./address-checks.ts";
import { istioKind } from "./common.ts";
import { GatewaySpec, type ServerSpec } from "./gateway-schema.ts";
import { checkHost, checkLabels, isDnsLabel } from "./hosts-checks.ts";
import { collect, each, type Report } from "./report.ts";
import { checkServerTls, warnServerTls } from "./server-tls-checks.ts";
import { checkPort } from "./value-checks.ts";

export const gatewayKind = istioKind<GatewaySpec>(
  { group: "networking", version: "v1", otherVersions: ["v1beta1", "v1alpha3"], kind: "Gateway", plural: "gateways" },
  GatewaySpec,
  {
    description: "Gateway opens ports of gateway workloads: for which hosts, with which protocol and certificates.",
    shortNames: ["gw"],
    validate: ({ spec, metadata }) => collect((report) => check(report, spec ?? {}, metadata.name)),
    warn: ({ spec }) => collect((report) => warn(report, spec ?? {})),
  },
);

const HTTP = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP_PROXY"]);
const TLS = new Set(["HTTPS", "TLS"]);
const TCP = new Set(["TCP", "MONGO", "REDIS", "MYSQL"]);

function check(report: Report, spec: GatewaySpec, name: string): void {
  if (!isDnsLabel(name))
    report("value", "metadata.name", `"${name}" is no DNS label`, "use letters, digits and dashes");
  if (!spec.servers?.length) report("missing", "spec.servers", "a Gateway needs at least one server");
  checkLabels(report, "spec.selector", spec.selector);
  const names = new Set<string>();
  each(spec.servers, "spec.servers", (server, at) => {
    checkServer(report, at, server);
    if (server.port.name === "") report("missing", `${at}.port.name`, "a port needs a name");
    else if (names.has(server.port.name)) {
      report("duplicate", `${at}.port.name`, `another port is named "${server.port.name}"`, "give each its own name");
    }
    names.add(server.port.name);
  });
}

function checkServer(report: Report, field: string, server: ServerSpec): void {
  if (server.hosts.length === 0)
    report("missing", `${field}.hosts`, "a server needs at least one host", 'give "*" for all');
  each(server.hosts, `${field}.hosts`, (host, at) => checkServerHost(report, at, host));
  const unix = server.bind?.startsWith("unix://") ?? false;
  if (!unix || server.port.number > 0) checkPort(report, `${field}.port.number`, server.port.number);
  if (unix && server.port.number > 0) {
    report("conflict", `${field}.port.number`, "a server on a Unix socket has no port", "make it 0");
  }
  if (server.bind && unix) checkUnixSocket(report, `${field}.bind`, server.bind);
  if (server.bind && !unix) checkIp(report, `${field}.bind`, server.bind);
  if (server.port.targetPort) {
    report("value", `${field}.port.targetPort`, "the Service decides on the target port", "take targetPort out");
  }
  const protocol = server.port.protocol.toUpperCase();
  if (!HTTP.has(protocol) && !TLS.has(protocol) && !TCP.has(protocol)) {
    const known = "HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS";
    report("value", `${field}.port.protocol`, `"${server.port.protocol}" is no protocol`, `use one of ${known}`);
  } else {
    checkTlsFits(report, field, server, protocol);
  }
  checkServerTls(report, `${field}.tls`, server.tls);
}

function checkTlsFits(report: Report, field: string, { tls }: ServerSpec, protocol: string): void {
  if (TLS.has(protocol) && !tls) {
    report(
      "missing",
      `${field}.tls`,
      `a server for ${protocol} needs TLS settings`,
      "give tls with mode and credentialName",
    );
  }
  if (TLS.has(protocol) || !tls) return;
  const { httpsRedirect: _redirect, mode, ...rest } = tls;
  const onlyRedirects = (mode === undefined || mode === "PASSTHROUGH") && Object.keys(rest).length === 0;
  if (!HTTP.has(protocol) || !onlyRedirects) {
    report(
      "conflict",
      `${field}.tls`,
      `a server for ${protocol} has no TLS`,
      "make the protocol HTTPS or TLS, or take tls out",
    );
  }
}

/** `host`, `namespace/host`; the namespace may be `.` or `*`. */
function checkServerHost(report: Report, field: string, host: string): void {
  const [first = "", second, ...rest] = host.split("/");
  const namespace = second === undefined ? "*" : first;
  const name = second ?? first;
  if (rest.length > 0 || namespace === "" || name === "") {
    report("value", field, `"${host}" is no host`, "write host or namespace/host");
    return;
  }
  if (namespace !== "*" && namespace !== "." && !isDnsLabel(namespace)) {
    report("value", field, `"${namespace}" is no namespace`, 'use ".", "*" or the name of one');
  }
  if (name !== "*") checkHost(report, field, name, { wildcard: true, ip: true });
}

function warn(report: Report, spec: GatewaySpec): void {
  each(spec.servers, "spec.servers", (server, at) => {
    warnServerTls(report, `${at}.tls`, server.tls);
    if (server.tls?.httpsRedirect && !HTTP.has(server.port.protocol.toUpperCase())) {
      report(
        "noEffect",
        `${at}.tls.httpsRedirect`,
        "only a server for HTTP can redirect to HTTPS",
        "put it on port 80",
      );
    }
    if (server.defaultEndpoint)
      report("noEffect", `${at}.defaultEndpoint`, "defaultEndpoint does nothing on a gateway");
  });
}
