/** What an HTTP rule of a VirtualService matches. */
import { claimPath, namesClaim } from "./claims.ts";
import { checkLabels, isDnsLabel } from "./hosts-checks.ts";
import { each, eachEntry, type Report } from "./report.ts";
import { checkGatewayNames, checkPort, checkStringMatch, isHeaderName } from "./value-checks.ts";
import type { HttpMatchSpec } from "./virtual-service-schema.ts";

export function checkHttpMatch(report: Report, field: string, match: HttpMatchSpec): void {
  checkStringMatch(report, `${field}.uri`, match.uri, { empty: true });
  for (const part of ["scheme", "method", "authority"] as const)
    checkStringMatch(report, `${field}.${part}`, match[part]);
  for (const part of ["headers", "withoutHeaders"] as const) {
    eachEntry(match[part], `${field}.${part}`, (name, value, at) => {
      checkMatchedName(report, at, name);
      checkStringMatch(report, at, value, { presence: true });
    });
  }
  eachEntry(match.queryParams, `${field}.queryParams`, (_name, value, at) => {
    checkStringMatch(report, at, value, { presence: true });
  });
  checkClient(report, field, match);
}

function checkMatchedName(report: Report, field: string, name: string): void {
  if (namesClaim(name)) {
    if (!claimPath(name)) {
      report(
        "value",
        field,
        `"${name}" names no claim`,
        "write @request.auth.claims.NAME or @request.auth.claims[NAME]",
      );
    }
  } else if (!isHeaderName(name) && !/^:[a-z]+$/.test(name)) {
    report("value", field, `"${name}" is no header name`, "use letters, digits and dashes, in lower case");
  }
}

/** Claims are known where the request enters the mesh. */
export function checkNoClaims(report: Report, field: string, match: HttpMatchSpec): void {
  for (const part of ["headers", "withoutHeaders"] as const) {
    eachEntry(match[part], `${field}.${part}`, (name, _value, at) => {
      if (namesClaim(name))
        report("value", at, "only gateways route by claims of tokens", "bind the VirtualService to a gateway");
    });
  }
}

/** The conditions on who asks, which TCP and TLS rules have too. */
export function checkClient(
  report: Report,
  field: string,
  match: Pick<HttpMatchSpec, "port" | "sourceLabels" | "sourceNamespace" | "gateways">,
): void {
  checkPort(report, `${field}.port`, match.port || undefined);
  checkLabels(report, `${field}.sourceLabels`, match.sourceLabels);
  checkGatewayNames(report, `${field}.gateways`, match.gateways);
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace)) {
    report("value", `${field}.sourceNamespace`, `"${match.sourceNamespace}" is no namespace`);
  }
}

/** What is allowed but seldom meant. */
export function warnHttpMatch(report: Report, field: string, match: HttpMatchSpec): void {
  for (const part of ["headers", "withoutHeaders"] as const) {
    eachEntry(match[part], `${field}.${part}`, (name, _value, at) => {
      if (name !== name.toLowerCase() && !namesClaim(name)) {
        report("noEffect", at, "header names are compared in lower case", `write ${name.toLowerCase()}`);
      }
    });
  }
  if (match.gateways?.length && (match.sourceLabels || match.sourceNamespace)) {
    report(
      "noEffect",
      `${field}.gateways`,
      "with gateways, sourceLabels and sourceNamespace are not looked at",
      "use separate matches",
    );
  }
  each(match.gateways, `${field}.gateways`, (gateway, at) => {
    if (gateway.split(".").length === 2)
      report("deprecated", at, "name.namespace is an old way to name a gateway", "write namespace/name");
  });
}
