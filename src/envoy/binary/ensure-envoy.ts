import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { LateenError } from "../../errors.ts";
import { cachedEnvoy } from "./cache.ts";
import { download } from "./download.ts";
import { envoyVersion, isSupported } from "./version.ts";

export interface EnsureEnvoyOptions {
  /** What the user named with --envoy: used or refused, never replaced. */
  explicit?: string | undefined;
  /** Hears a line before what takes long. */
  onProgress?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}

/** The path of an Envoy that works with this Lateen: `--envoy`, ENVOY_PATH, PATH, the cache, or downloaded once. */
export async function ensureEnvoy(options: EnsureEnvoyOptions = {}): Promise<string> {
  const { explicit, onProgress = () => {}, env = process.env } = options;
  const { ENVOY_PATH } = env;
  if (explicit) return named(explicit, "--envoy");
  if (ENVOY_PATH) return named(ENVOY_PATH, "ENVOY_PATH");
  const found = inPath(env);
  if (found) {
    const version = await envoyVersion(found).catch(() => undefined);
    if (version && isSupported(version)) return found;
    onProgress(`${found} is ${version ? `Envoy ${version}` : "not a working Envoy"}: not used`);
  }
  const cached = cachedEnvoy(env);
  if (existsSync(cached)) return cached;
  await download(cached, onProgress);
  return named(cached, "the download");
}

async function named(path: string, by: string): Promise<string> {
  const remedy = "Name an Envoy 1.40 or later, or nothing: Lateen then gets one.";
  if (!existsSync(path)) throw new LateenError("LTN7001", `${by} names ${path}, which does not exist`, remedy);
  const version = await envoyVersion(path).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new LateenError("LTN7001", `${by} names ${path}, which does not run as Envoy: ${why}`, remedy);
  });
  if (!isSupported(version)) throw new LateenError("LTN7002", `${by} names ${path}, which is Envoy ${version}`, remedy);
  return path;
}

function inPath({ PATH }: NodeJS.ProcessEnv): string | undefined {
  return (PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "envoy"))
    .find((path) => existsSync(path));
}
