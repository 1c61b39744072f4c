import { isIP } from "node:net";
import type { Problem } from "../kind.ts";
import { duplicates, problem } from "./checks.ts";
import type { GatewayListener, GatewaySpec } from "./gateway.ts";

export function checkGateway(spec: GatewaySpec): Problem[] {
  return [
    ...checkAddresses(spec.addresses ?? []),
    ...checkListeners(spec.listeners),
    ...checkKeys(spec.infrastructure?.labels, "spec.infrastructure.labels", "Label"),
    ...checkKeys(spec.infrastructure?.annotations, "spec.infrastructure.annotations", "Annotation"),
    ...duplicates(spec.tls?.frontend?.perPort ?? [], (entry) => String(entry.port)).map((i) =>
      problem(
        "duplicate",
        `spec.tls.frontend.perPort[${i}].port`,
        "Port for TLS configuration must be unique within the Gateway",
        "merge it with the first of that port",
      ),
    ),
  ];
}

/** Of a Gateway or a ListenerSet. */
export function checkListeners(listeners: readonly GatewayListener[]): Problem[] {
  return [
    ...listeners.flatMap((listener, i) => checkListener(listener, `spec.listeners[${i}]`)),
    ...checkUniqueListeners(listeners),
  ];
}

function checkUniqueListeners(listeners: readonly GatewayListener[]): Problem[] {
  const place = (l: GatewayListener): string => `${l.port}|${l.protocol}|${l.hostname ?? ""}`;
  return [
    ...duplicates(listeners, (l) => l.name).map((i) =>
      problem(
        "duplicate",
        `spec.listeners[${i}].name`,
        "Listener name must be unique within the Gateway",
        "choose another name",
      ),
    ),
    ...duplicates(listeners, place).map((i) =>
      problem(
        "duplicate",
        `spec.listeners[${i}]`,
        "Combination of port, protocol and hostname must be unique for each listener",
        "change its port or hostname, or remove it",
      ),
    ),
  ];
}

function checkListener(listener: GatewayListener, at: string): Problem[] {
  const { protocol, tls } = listener;
  const problems: Problem[] = [];
  const plain = protocol === "HTTP" || protocol === "TCP" || protocol === "UDP";
  if (plain && tls) {
    problems.push(
      problem(
        "conflict",
        `${at}.tls`,
        "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        "remove tls, or make the protocol HTTPS or TLS",
      ),
    );
  }
  if (protocol === "HTTPS" && tls && (tls.mode ?? "Terminate") !== "Terminate") {
    problems.push(
      problem(
        "value",
        `${at}.tls.mode`,
        "tls mode must be Terminate for protocol HTTPS",
        "passing TLS through is for protocol TLS",
      ),
    );
  }
  if (protocol === "TLS" && !tls) {
    problems.push(
      problem(
        "missing",
        `${at}.tls`,
        "tls mode must be set for protocol TLS",
        "add tls with a mode and certificateRefs",
      ),
    );
  }
  if ((protocol === "TCP" || protocol === "UDP") && listener.hostname !== undefined) {
    problems.push(
      problem(
        "conflict",
        `${at}.hostname`,
        "hostname must not be specified for protocols ['TCP', 'UDP']",
        "such connections name no host: remove hostname",
      ),
    );
  }
  const terminates = tls && (tls.mode ?? "Terminate") === "Terminate";
  if (terminates && !tls.certificateRefs?.length && Object.keys(tls.options ?? {}).length === 0) {
    problems.push(
      problem(
        "missing",
        `${at}.tls.certificateRefs`,
        "certificateRefs or options must be specified when mode is Terminate",
        "name a Secret of type kubernetes.io/tls",
      ),
    );
  }
  return problems;
}

const HOSTNAME = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function checkAddresses(addresses: NonNullable<GatewaySpec["addresses"]>): Problem[] {
  const problems: Problem[] = [];
  addresses.forEach(({ type = "IPAddress", value }, i) => {
    const at = `spec.addresses[${i}].value`;
    if (value === undefined) return;
    if (type === "IPAddress" && isIP(value) === 0) {
      problems.push(problem("value", at, `${value} is not an IP address`, "write one, or type: Hostname"));
    }
    if (type === "Hostname" && value !== "" && !HOSTNAME.test(value)) {
      problems.push(
        problem(
          "value",
          at,
          `Hostname value must be empty or contain only valid characters (matching ${HOSTNAME.source})`,
          "write a DNS name in lower case",
        ),
      );
    }
  });
  for (const type of ["IPAddress", "Hostname"]) {
    const own = [...addresses.entries()].filter(([, a]) => (a.type ?? "IPAddress") === type && a.value !== undefined);
    for (const i of duplicates(own, ([, a]) => a.value ?? "")) {
      problems.push(
        problem("duplicate", `spec.addresses[${own[i]?.[0] ?? i}]`, `${type} values must be unique`, "remove it"),
      );
    }
  }
  return problems;
}

const KEY =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

function checkKeys(map: Readonly<Record<string, string>> | undefined, field: string, what: string): Problem[] {
  return Object.keys(map ?? {}).flatMap((key) => {
    if (KEY.test(key) && (key.split("/")[0] ?? "").length < 253) return [];
    return [
      problem(
        "value",
        `${field}["${key}"]`,
        `${what} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`,
        "write it as example.com/name",
      ),
    ];
  });
}
