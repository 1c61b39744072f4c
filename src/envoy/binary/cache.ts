import { homedir } from "node:os";
import { join } from "node:path";
import { ENVOY_VERSION } from "./version.ts";

/** Where a downloaded Envoy is kept: outside of any checkout, shared by all worlds of a user. */
export function cachedEnvoy(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME } = env;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "lateen", `envoy-${ENVOY_VERSION}`);
}
