/** Values that occur in several kinds: durations, percentages, ports, headers, matches. */
import type { Destination, Percent, StringMatch } from "./common.ts";
import { durationMs } from "./duration.ts";
import { checkHost } from "./hosts-checks.ts";
import { regexFault } from "./regex.ts";
import type { Report } from "./report.ts";

export function checkDuration(
  report: Report,
  field: string,
  duration: string | undefined,
  options: { zero?: boolean } = {},
): void {
  if (duration === undefined) return;
  const ms = durationMs(duration);
  if (ms === undefined) {
    report("value", field, `"${duration}" is no duration`, "write it as 1.5s, 300ms, 2m or 1h");
  } else if (ms < 1 && !(options.zero && ms === 0)) {
    report(
      "value",
      field,
      `${duration} is too short: a duration is at least 1ms`,
      "give 1ms or more, or leave the field out",
    );
  }
}

export function checkPercent(report: Report, field: string, percent: Percent | undefined): void {
  checkPercentNumber(report, `${field}.value`, percent?.value);
}

export function checkPercentNumber(report: Report, field: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 100)) return;
  report("value", field, `${value} is no percentage`, "give a number from 0 to 100");
}

export function checkPort(report: Report, field: string, port: number | undefined): void {
  if (port === undefined || (port >= 1 && port <= 65535)) return;
  report("value", field, `${port} is no port`, "give a number from 1 to 65535");
}

export function checkNotNegative(report: Report, field: string, value: number | undefined): void {
  if (value !== undefined && value < 0) report("value", field, `${value} is negative`, "give 0 or more");
}

const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

export function isHeaderName(name: string): boolean {
  return TOKEN.test(name);
}

export function checkRegex(report: Report, field: string, regex: string | undefined): void {
  if (regex === undefined) return;
  const fault = regexFault(regex);
  if (fault === undefined) return;
  report("value", field, `the regular expression "${regex}" cannot be used: ${fault}`, "write it in RE2's syntax");
}

/** `empty` allows a match of the empty text. */
export function checkStringMatch(
  report: Report,
  field: string,
  match: StringMatch | undefined,
  options: { empty?: boolean; presence?: boolean } = {},
): void {
  if (!match) return;
  const given = (["exact", "prefix", "regex"] as const).filter((kind) => match[kind] !== undefined);
  if (given.length > 1) {
    report(
      "conflict",
      field,
      `a match has one of exact, prefix and regex, not ${given.join(" and ")}`,
      "keep one of them",
    );
  }
  const [kind] = given;
  if (kind !== undefined && match[kind] === "" && !options.empty && kind !== "exact") {
    report(
      "value",
      `${field}.${kind}`,
      `an empty ${kind} matches everything`,
      "leave the match out, or say what to match",
    );
  }
  if (match.regex !== undefined && !(options.presence && match.regex === "*")) {
    checkRegex(report, `${field}.regex`, match.regex);
  }
}

const SUBSET = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i;

export function checkSubsetName(report: Report, field: string, name: string | undefined): void {
  if (name === undefined || name === "" || (SUBSET.test(name) && name.length <= 253)) return;
  report("value", field, `"${name}" is no name of a subset`, "use letters, digits, dots and dashes");
}

export function checkDestination(report: Report, field: string, destination: Destination | undefined): void {
  if (!destination) return;
  if (destination.host === "*") {
    report("value", `${field}.host`, "requests cannot be sent to *", "name the service to send to");
  } else {
    checkHost(report, `${field}.host`, destination.host, { wildcard: true });
  }
  checkSubsetName(report, `${field}.subset`, destination.subset);
  if (destination.port && !destination.port.number) {
    report("missing", `${field}.port.number`, "a port needs its number", "give it, or leave port out");
  }
  checkPort(report, `${field}.port.number`, destination.port?.number || undefined);
}

/** Gateways as VirtualServices name them: `mesh`, `name`, `namespace/name`. */
export function checkGatewayNames(report: Report, field: string, gateways: readonly string[] | undefined): void {
  (gateways ?? []).forEach((gateway, i) => {
    const parts = gateway.split("/");
    const valid =
      parts.length <= 2 && parts.every((part) => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part) || part === ".");
    if (!valid) {
      report("value", `${field}[${i}]`, `"${gateway}" names no gateway`, "write mesh, name or namespace/name");
    }
  });
}
