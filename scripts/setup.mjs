// Makes a fresh clone ready: npm packages, system packages, Envoy. Plain JavaScript without imports from packages,
// because it runs on whatever Node the machine has, before anything is installed. Quick when nothing is to be done.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".lateen-lock");

installPackages();
const node = join(modules, "node/bin/node");
const rest = spawnSync(
  node,
  ["--disable-warning=ExperimentalWarning", join(root, "scripts/setup-machine.ts"), ...process.argv.slice(2)],
  { stdio: "inherit" },
);
process.exit(rest.status ?? 1);

/** `npm ci` when the lock file is not the one that was installed last. */
function installPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("Installing npm packages (once, about half a minute) …");
  try {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  } catch {
    console.error(
      "npm ci failed: see its message above. It needs the npm registry; run it again once that is reachable.",
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
