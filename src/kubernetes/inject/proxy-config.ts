/**
 * Istio's ProxyConfig, as the annotation proxy.istio.io/config and the mesh's defaultConfig have it: what of it a sidecar
 * here can do, what it cannot do and must be refused, and what has no meaning for it.
 */
import { parse } from "yaml";
import { durationMs } from "../../kinds/istio/duration.ts";
import { InjectionError } from "./error.ts";

export const PROXY_CONFIG = "proxy.istio.io/config";

export interface ProxyConfig {
  /** Envoy's worker threads; 0 is one for each CPU. */
  concurrency: number;
  holdApplicationUntilProxyStarts: boolean;
  /** How long connections are asked to go elsewhere before the rest are closed. */
  drainMs: number;
  /** How long a proxy at most stays for its clients after its pod was told to end, and its application has ended. */
  terminationDrainMs: number;
  /** Environment variables of the proxy; those that start with ISTIO_META_ are told to the control plane. */
  proxyMetadata: Readonly<Record<string, string>>;
  /** `debug`, `distroless`: the image's tag gets it as a suffix. */
  imageType: string;
  /** Of health, rewritten probes and metrics; 0 for none. */
  statusPort: number;
  interceptionMode: "REDIRECT" | "TPROXY" | "NONE";
  /** "": the installation's. */
  discoveryAddress: string;
  meshId: string;
  runtimeValues: Readonly<Record<string, string>>;
  /** Names of fields that were given and change nothing. */
  ignored: readonly string[];
}

export const defaultProxyConfig: ProxyConfig = {
  concurrency: 1,
  holdApplicationUntilProxyStarts: false,
  drainMs: 45_000,
  terminationDrainMs: 5_000,
  proxyMetadata: {},
  imageType: "",
  statusPort: 15020,
  interceptionMode: "REDIRECT",
  discoveryAddress: "",
  meshId: "",
  runtimeValues: {},
  ignored: [],
};

/** One field of Istio's, from what it was to what it is now. */
type Field = (value: unknown, before: ProxyConfig) => Partial<ProxyConfig>;

const FIELDS: Readonly<Record<string, Field>> = {
  concurrency: (value) => ({ concurrency: count(value, "write a whole number; 0 is one for each CPU") }),
  holdApplicationUntilProxyStarts: (value) => ({ holdApplicationUntilProxyStarts: flag(value) }),
  drainDuration: (value) => ({ drainMs: duration(value) }),
  terminationDrainDuration: (value) => ({ terminationDrainMs: duration(value) }),
  proxyMetadata: (value, before) => ({ proxyMetadata: { ...before.proxyMetadata, ...texts(value) } }),
  runtimeValues: (value, before) => ({ runtimeValues: { ...before.runtimeValues, ...texts(value) } }),
  image: (value) => ({ imageType: text(member(value, "imageType") ?? "") }),
  statusPort: (value) => ({ statusPort: count(value, "write a port; 0 for none") }),
  interceptionMode: (value) => ({ interceptionMode: oneOf(value, ["REDIRECT", "TPROXY", "NONE"]) }),
  discoveryAddress: (value) => ({ discoveryAddress: text(value) }),
  meshId: (value) => ({ meshId: text(value) }),
  // These would change Envoy's bootstrap in ways that it does not have here: better no pod than one that differs.
  customConfigFile: () => refuse("the bootstrap is not read from a file", "remove it"),
  proxyBootstrapTemplatePath: () => refuse("the bootstrap is not read from a file", "remove it"),
  binaryPath: () => refuse("the image says where Envoy is", "use sidecar.istio.io/proxyImage"),
  proxyAdminPort: (value) => (value === 15000 ? {} : refuse("it is always 15000", "remove it")),
};

/** @param before What holds for fields that `config` leaves out. Throws InjectionError for what cannot be done. */
export function mergeProxyConfig(before: ProxyConfig, config: unknown): ProxyConfig {
  if (config === null || config === undefined) return before;
  if (typeof config !== "object" || Array.isArray(config)) {
    throw new InjectionError(PROXY_CONFIG, "it is not an object", "write ProxyConfig's fields: concurrency: 2");
  }
  let merged = before;
  for (const [name, value] of Object.entries(config)) merged = withField(merged, name, value);
  return merged;
}

function withField(before: ProxyConfig, name: string, value: unknown): ProxyConfig {
  const read = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (!read) return { ...before, ignored: [...before.ignored, name] };
  try {
    return { ...before, ...read(value, before) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    throw new InjectionError(PROXY_CONFIG, `${name}: ${error.message}`, error.remedy);
  }
}

/** The annotation's text. */
export function parseProxyConfig(annotation: string): unknown {
  try {
    return parse(annotation);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InjectionError(PROXY_CONFIG, `it is not YAML (${why})`, "write ProxyConfig's fields: concurrency: 2");
  }
}

/** What is wrong with a field, before it is known whose it is. */
class Wrong extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

function refuse(message: string, remedy: string): never {
  throw new Wrong(message, remedy);
}

function count(value: unknown, remedy: string): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? value
    : refuse("it is not a count", remedy);
}

function flag(value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse("it is neither true nor false", "write true or false");
}

function duration(value: unknown): number {
  const ms = typeof value === "string" ? durationMs(value) : undefined;
  return ms !== undefined && ms >= 0 ? ms : refuse("it is not a duration", "write it as in 5s");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : refuse("it is not text", "put it into quotes");
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("it is not a map", "write names and values");
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
}

function oneOf<T extends string>(value: unknown, words: readonly T[]): T {
  return words.find((word) => word === value) ?? refuse(`it is none of ${words.join(", ")}`, "write one of them");
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
