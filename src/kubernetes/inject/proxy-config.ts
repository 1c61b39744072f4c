import { parse } from "yaml";
import type { Labels } from "../../mesh/model.ts";
import { InjectionError } from "./error.ts";
import type { InjectSettings } from "./settings.ts";

const ANNOTATION = "proxy.istio.io/config";

/** What a pod may ask of its proxy by annotations. */
export interface ProxyOptions {
  concurrency: number;
  logLevel: string;
  image: string;
  resources: InjectSettings["resources"];
}

const LEVELS = new Set(["trace", "debug", "info", "warning", "warn", "error", "critical", "off"]);

export function proxyOptions(annotations: Labels, settings: InjectSettings): ProxyOptions {
  const logLevel = annotations["sidecar.istio.io/logLevel"] ?? settings.logLevel;
  if (!LEVELS.has(logLevel)) {
    const known = [...LEVELS].join(", ");
    throw new InjectionError("sidecar.istio.io/logLevel", `"${logLevel}" is not a level`, `write one of ${known}`);
  }
  const image = annotations["sidecar.istio.io/proxyImage"] ?? settings.proxyImage;
  return {
    concurrency: concurrencyOf(annotations[ANNOTATION], settings),
    logLevel,
    image,
    resources: resourcesOf(annotations, settings),
  };
}

function concurrencyOf(text: string | undefined, settings: InjectSettings): number {
  if (text === undefined) return settings.concurrency;
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InjectionError(ANNOTATION, `it is not YAML (${why})`, "write ProxyConfig's fields, concurrency: 2");
  }
  const value = typeof config === "object" && config !== null ? Reflect.get(config, "concurrency") : undefined;
  if (value === undefined) return settings.concurrency;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new InjectionError(ANNOTATION, "concurrency is not a count", "write a whole number; 0 is one for each CPU");
}

function resourcesOf(annotations: Labels, settings: InjectSettings): InjectSettings["resources"] {
  const pick = (cpu: string, memory: string): Record<string, string> => ({
    ...(annotations[cpu] === undefined ? {} : { cpu: annotations[cpu] }),
    ...(annotations[memory] === undefined ? {} : { memory: annotations[memory] }),
  });
  const requests = pick("sidecar.istio.io/proxyCPU", "sidecar.istio.io/proxyMemory");
  const limits = pick("sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemoryLimit");
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return settings.resources;
  return { requests, ...(Object.keys(limits).length > 0 ? { limits } : {}) };
}
