/** The Gateway API's definitions, from the Go module that publishes them, kept in the cache. */
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { go } from "./build/go.ts";
import { CACHE, type Instance } from "./instance.ts";
import { kubectl } from "./kubectl.ts";

const VERSION = "1.6.3";

/** Applies the standard channel. */
export function applyGatewayApi(instance: Instance): void {
  kubectl(instance, ["apply", "--server-side", "--filename", join(definitions(), "standard")]);
}

function definitions(): string {
  const kept = join(CACHE, `gateway-api-v${VERSION}`);
  if (existsSync(kept)) return kept;
  mkdirSync(CACHE, { recursive: true });
  const module = `sigs.k8s.io/gateway-api@v${VERSION}`;
  const downloaded: unknown = JSON.parse(go(["mod", "download", "-json", module], { cwd: CACHE }));
  if (typeof downloaded !== "object" || downloaded === null || !("Dir" in downloaded)) {
    throw new Error(`go mod download ${module} does not say where it is`);
  }
  cpSync(join(String(downloaded.Dir), "config/crd"), kept, { recursive: true });
  return kept;
}
