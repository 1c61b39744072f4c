import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Administrators' folders are often missing from a user's PATH, and hold what the node needs. */
const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export const SYSTEM_PATH = FOLDERS.join(":");

/** The full path of a system command, or undefined. */
export function findCommand(name: string, path = process.env.PATH ?? ""): string | undefined {
  for (const folder of [...FOLDERS, ...path.split(":")]) {
    if (!folder.startsWith("/")) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}

const found = new Map<string, string>();

/** The full path of a command that capabilities were checked for; its bare name when it is not there after all. */
export function commandPath(name: string): string {
  const known = found.get(name);
  if (known) return known;
  const path = findCommand(name) ?? name;
  found.set(name, path);
  return path;
}
