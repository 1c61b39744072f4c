import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version of this lateen, from its package. */
export function version(): string {
  const text = readFileSync(join(import.meta.dirname, "../package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}
