/** What a pod asks of its proxy by annotations, over what the installation says. */
import type { Labels } from "../../mesh/model.ts";
import { InjectionError } from "./error.ts";
import { mergeProxyConfig, PROXY_CONFIG, type ProxyConfig, parseProxyConfig } from "./proxy-config.ts";
import type { InjectSettings } from "./settings.ts";

export interface ProxyOptions {
  config: ProxyConfig;
  /** An init container that stays, or one beside the application's. */
  native: boolean;
  interception: "REDIRECT" | "NONE";
  /** The kernel's rules are set by a container of their own, and the proxy never has a capability. */
  initContainer: boolean;
  rewriteProbes: boolean;
  leaveSeconds: number;
  logLevel: string;
  componentLogLevel: string;
  image: string;
  resources: InjectSettings["resources"];
  readiness: { initialDelaySeconds: number; periodSeconds: number; failureThreshold: number };
}

const LEVELS = ["trace", "debug", "info", "warning", "warn", "error", "critical", "off"];

/** What some annotations of Istio's ask for that cannot be had here: better no pod than one that differs from its text. */
const REFUSED: Readonly<Record<string, string>> = {
  "sidecar.istio.io/bootstrapOverride": "remove it: what it was for may be had by an EnvoyFilter",
  "sidecar.istio.io/capNetBindService": "remove it, and set the pod's sysctl net.ipv4.ip_unprivileged_port_start",
};

export function proxyOptions(annotations: Labels, settings: InjectSettings): ProxyOptions {
  for (const [name, remedy] of Object.entries(REFUSED)) {
    if (annotations[name] !== undefined) throw new InjectionError(name, "it is not supported", remedy);
  }
  const config = configOf(annotations, settings);
  const native = flagIn(annotations, "sidecar.istio.io/nativeSidecar") ?? settings.nativeSidecars;
  const readiness = (name: string, value: number): number =>
    countIn(annotations, `readiness.status.sidecar.istio.io/${name}`) ?? value;
  return {
    config,
    native,
    interception: interceptionMode(annotations, config),
    // beside the application it would be too late
    initContainer: !native || (flagIn(annotations, "lateen.io/initContainer") ?? settings.initContainer),
    rewriteProbes: flagIn(annotations, "sidecar.istio.io/rewriteAppHTTPProbers") ?? settings.rewriteProbes,
    leaveSeconds: countIn(annotations, "lateen.io/leaveSeconds") ?? settings.leaveSeconds,
    logLevel: logLevel(annotations, settings),
    componentLogLevel: componentLogLevel(annotations, settings),
    image: image(annotations, config, settings),
    resources: resources(annotations, settings),
    readiness: {
      initialDelaySeconds: readiness("initialDelaySeconds", 0),
      periodSeconds: readiness("periodSeconds", 15),
      failureThreshold: readiness("failureThreshold", 4),
    },
  };
}

function configOf(annotations: Labels, settings: InjectSettings): ProxyConfig {
  const text = annotations[PROXY_CONFIG];
  const config =
    text === undefined ? settings.proxyConfig : mergeProxyConfig(settings.proxyConfig, parseProxyConfig(text));
  return { ...config, statusPort: countIn(annotations, "status.sidecar.istio.io/port") ?? config.statusPort };
}

function interceptionMode(annotations: Labels, config: ProxyConfig): ProxyOptions["interception"] {
  const annotation = "sidecar.istio.io/interceptionMode";
  const mode = annotations[annotation] ?? config.interceptionMode;
  if (mode === "REDIRECT" || mode === "NONE") return mode;
  throw mode === "TPROXY"
    ? new InjectionError(annotation, "TPROXY is not supported", "write REDIRECT, or NONE")
    : new InjectionError(annotation, `"${mode}" is no mode`, "write REDIRECT, or NONE");
}

function logLevel(annotations: Labels, settings: InjectSettings): string {
  const annotation = "sidecar.istio.io/logLevel";
  const level = annotations[annotation] ?? settings.logLevel;
  if (LEVELS.includes(level)) return level;
  throw new InjectionError(annotation, `"${level}" is not a level`, `write one of ${LEVELS.join(", ")}`);
}

function componentLogLevel(annotations: Labels, settings: InjectSettings): string {
  const annotation = "sidecar.istio.io/componentLogLevel";
  const levels = annotations[annotation] ?? settings.componentLogLevel;
  const known = levels === "" || levels.split(",").every((each) => LEVELS.includes(each.split(":")[1] ?? ""));
  if (known) return levels;
  throw new InjectionError(annotation, `"${levels}" names no levels`, "write it as in http:debug,router:info");
}

/** Istio publishes an image for each type, told apart by a suffix of the tag; `default` is the one without. */
function image(annotations: Labels, config: ProxyConfig, settings: InjectSettings): string {
  const named = annotations["sidecar.istio.io/proxyImage"];
  if (named !== undefined) return named;
  const type = annotations["sidecar.istio.io/proxyImageType"] ?? config.imageType;
  return type === "" || type === "default" ? settings.proxyImage : `${settings.proxyImage}-${type}`;
}

function resources(annotations: Labels, settings: InjectSettings): InjectSettings["resources"] {
  const pick = (cpu: string, memory: string): Record<string, string> => ({
    ...quantityIn(annotations, cpu, "cpu"),
    ...quantityIn(annotations, memory, "memory"),
  });
  const requests = pick("sidecar.istio.io/proxyCPU", "sidecar.istio.io/proxyMemory");
  const limits = pick("sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemoryLimit");
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return settings.resources;
  return { requests, ...(Object.keys(limits).length > 0 && { limits }) };
}

const QUANTITY = /^[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$/;

function quantityIn(annotations: Labels, annotation: string, resource: string): Record<string, string> {
  const value = annotations[annotation];
  if (value === undefined) return {};
  if (QUANTITY.test(value)) return { [resource]: value };
  throw new InjectionError(annotation, `"${value}" is not a quantity`, "write it as in 100m or 128Mi");
}

function countIn(annotations: Labels, annotation: string): number | undefined {
  const value = annotations[annotation];
  if (value === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value);
  throw new InjectionError(annotation, `"${value}" is not a count`, "write a whole number");
}

/** Anything that is neither true nor false leaves the choice to the installation, as in Istio. */
function flagIn(annotations: Labels, annotation: string): boolean | undefined {
  const value = annotations[annotation];
  return value === "true" ? true : value === "false" ? false : undefined;
}
