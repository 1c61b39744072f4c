/** System commands that must be there: installed on Debian as root, otherwise named. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { Requirement } from "../src/local/node/requirements.ts";

/** Installs what is missing. Without the right to, says how and ends the process. */
export function installSystemPackages(wanted: readonly Requirement[]): void {
  const missing = wanted.filter(({ command }) => !isThere(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  const commands = missing.map(({ command }) => command).join(", ");
  const debian = existsSync("/etc/debian_version");
  if (!debian || process.getuid?.() !== 0) {
    const how = debian
      ? `sudo apt-get install ${packages.join(" ")}`
      : `your system's packages for: ${packages.join(", ")}`;
    console.error(`Missing: ${commands}. Install them first: ${how}`);
    process.exit(1);
  }
  console.log(`Installing system packages (once): ${packages.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  if (!hasPackageLists()) execFileSync("apt-get", ["update", "-qq"], quiet);
  const install = ["install", "-qq", "-y", "--no-install-recommends", ...packages];
  if (spawnSync("apt-get", install, { env, stdio: "ignore" }).status === 0) return;
  // the lists may be older than the archive
  execFileSync("apt-get", ["update", "-qq"], quiet);
  execFileSync("apt-get", install, quiet);
}

/** A command in the PATH, or a file. */
function isThere(command: string): boolean {
  if (command.startsWith("/")) return existsSync(command);
  return spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${command}`], { stdio: "ignore" }).status === 0;
}

function hasPackageLists(): boolean {
  try {
    return readFileSync("/var/cache/apt/pkgcache.bin").length > 0;
  } catch {
    return false;
  }
}
