/**
 * The second half of the set-up, once the npm packages are there: system packages (installed on Debian as root,
 * otherwise named), Envoy, and with --for-tests a browser and kubectl. Says nothing when nothing is to be done.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { ensureEnvoy } from "../src/envoy/binary/ensure-envoy.ts";
import { REQUIREMENTS, type Requirement } from "../src/local/node/requirements.ts";
import { ensureKubectl } from "./kubectl.ts";

const forTests = process.argv.includes("--for-tests");
const wanted: Requirement[] = [...REQUIREMENTS];
if (forTests) {
  wanted.push({ command: "chromium", debianPackage: "chromium", purpose: "shows the pages that tests look at" });
  wanted.push({ command: "curl", debianPackage: "curl", purpose: "is the client of many tests" });
}

try {
  installSystemPackages(wanted.filter(({ command }) => !inPath(command)));
  await ensureEnvoy({ onProgress: (line) => console.log(line) });
  if (forTests) await ensureKubectl((line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && "remedy" in error) console.error(error.remedy);
  process.exit(1);
}

function inPath(command: string): boolean {
  return spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${command}`], { stdio: "ignore" }).status === 0;
}

function installSystemPackages(missing: readonly Requirement[]): void {
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

function hasPackageLists(): boolean {
  try {
    return readFileSync("/var/cache/apt/pkgcache.bin").length > 0;
  } catch {
    return false;
  }
}
