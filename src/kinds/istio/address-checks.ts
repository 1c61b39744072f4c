/** IP addresses and ranges. */
import { isIP } from "node:net";
import type { Report } from "./report.ts";

function isCidr(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export function checkCidr(report: Report, field: string, text: string): void {
  if (!isCidr(text)) report("value", field, `"${text}" is no address or range`, "write 10.0.0.1 or 10.0.0.0/8");
}

export function checkIp(report: Report, field: string, text: string): void {
  if (isIP(text) === 0) report("value", field, `"${text}" is no IP address`);
}

/** `unix:///run/app.sock`, or `unix://@name` for an abstract socket. */
export function checkUnixSocket(report: Report, field: string, text: string): void {
  const path = text.slice("unix://".length);
  if (!/^[/@]/.test(path) || path.endsWith("/")) {
    report("value", field, `"${text}" is no socket`, "write unix:// and an absolute path, or unix://@ and a name");
  }
}
