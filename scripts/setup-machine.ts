/**
 * The second half of the set-up, once the npm packages are there: system packages (installed on Debian as root,
 * otherwise named), Envoy, and with --for-tests a browser, Redis and kubectl. Says nothing when nothing is to be done.
 */
import { ensureEnvoy } from "../src/envoy/binary/ensure-envoy.ts";
import { REQUIREMENTS, type Requirement } from "../src/local/node/requirements.ts";
import { ensureKubectl } from "./kubectl.ts";
import { installSystemPackages } from "./system-packages.ts";

const forTests = process.argv.includes("--for-tests");
const wanted: Requirement[] = [...REQUIREMENTS];
if (forTests) {
  wanted.push({ command: "chromium", debianPackage: "chromium", purpose: "shows the pages that tests look at" });
  wanted.push({ command: "curl", debianPackage: "curl", purpose: "is the client of many tests" });
  wanted.push({ command: "redis-server", debianPackage: "redis-server", purpose: "counts rate limits of replicas" });
}

try {
  installSystemPackages(wanted);
  await ensureEnvoy({ onProgress: (line) => console.log(line) });
  if (forTests) await ensureKubectl((line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && "remedy" in error) console.error(error.remedy);
  process.exit(1);
}
