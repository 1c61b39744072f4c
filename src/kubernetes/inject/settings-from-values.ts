import { Type } from "typebox";
import { Check, Errors } from "typebox/value";
import { LateenError } from "../../errors.ts";
import { Lifecycle } from "../../kinds/core/container.ts";
import { bool, LabelSelector, list, oneOf, quantities, shape, text, textMap, texts } from "../../kinds/core/shape.ts";
import { mergeProxyConfig } from "./proxy-config.ts";
import { defaultInjectSettings, type InjectSettings } from "./settings.ts";

/** What of an installation's values injection reads: Istio's names. All else in them is for others. */
const InjectValues = shape(
  "InjectValues",
  {},
  {
    revision: text,
    global: shape(
      "Global",
      {},
      {
        hub: text,
        tag: Type.Union([Type.String(), Type.Number()]),
        istioNamespace: text,
        imagePullPolicy: oneOf("", "Always", "IfNotPresent", "Never"),
        imagePullSecrets: texts,
        meshID: text,
        network: text,
        multiCluster: shape("MultiCluster", {}, { clusterName: text }),
        proxy: shape(
          "Proxy",
          {},
          {
            image: text,
            clusterDomain: text,
            logLevel: text,
            componentLogLevel: text,
            includeIPRanges: text,
            excludeIPRanges: text,
            includeInboundPorts: text,
            excludeInboundPorts: text,
            includeOutboundPorts: text,
            excludeOutboundPorts: text,
            resources: shape("Resources", {}, { requests: quantities, limits: quantities }),
            holdApplicationUntilProxyStarts: bool,
            autoInject: oneOf("enabled", "disabled"),
            lifecycle: Lifecycle,
          },
        ),
      },
    ),
    pilot: shape("Pilot", {}, { env: Type.Record(Type.String(), Type.Unknown()) }),
    sidecarInjectorWebhook: shape(
      "SidecarInjectorWebhook",
      {},
      {
        enableNamespacesByDefault: bool,
        rewriteAppHTTPProbe: bool,
        neverInjectSelector: list(LabelSelector),
        alwaysInjectSelector: list(LabelSelector),
        injectedAnnotations: textMap,
        templates: textMap,
        defaultTemplates: texts,
      },
    ),
  },
);

/**
 * The settings in ConfigMap `istio-sidecar-injector`, key `values`, once it is parsed, and in the mesh's configuration.
 * What they leave out has its default. Throws what a user can mend.
 */
export function injectSettingsFrom(values: unknown, meshConfig: unknown = {}): InjectSettings {
  if (!Check(InjectValues, values)) {
    const [first] = Errors(InjectValues, values);
    throw new LateenError(
      "LTN4003",
      `the values of sidecar injection are not right: ${first?.instancePath ?? ""} ${first?.message ?? ""}`,
      "Correct them in what was installed, and install it again.",
    );
  }
  const d = defaultInjectSettings;
  const { global = {}, sidecarInjectorWebhook: webhook = {}, pilot } = values;
  const { proxy = {} } = global;
  const revision = values.revision || d.revision;
  const rootNamespace = global.istioNamespace || d.rootNamespace;
  const trustDomain = field(meshConfig, "trustDomain");
  const ours = ownOf(meshConfig);
  const proxyConfig = mergeProxyConfig(d.proxyConfig, member(meshConfig, "defaultConfig"));
  return {
    ...d,
    ...(global.hub && { proxyImage: imageName(global.hub, proxy.image ?? "proxyv2", global.tag) }),
    ...(global.imagePullPolicy && { imagePullPolicy: global.imagePullPolicy }),
    imagePullSecrets: global.imagePullSecrets ?? [],
    revision,
    rootNamespace,
    clusterDomain: proxy.clusterDomain || d.clusterDomain,
    clusterId: global.multiCluster?.clusterName || d.clusterId,
    network: global.network ?? "",
    trustDomain: trustDomain || d.trustDomain,
    meshId: global.meshID ?? "",
    discoveryAddress: `istiod${revision === "default" ? "" : `-${revision}`}.${rootNamespace}.svc:15012`,
    logLevel: proxy.logLevel || d.logLevel,
    componentLogLevel: proxy.componentLogLevel ?? d.componentLogLevel,
    resources: resourcesOf(proxy.resources) ?? d.resources,
    ...(proxy.lifecycle && { lifecycle: proxy.lifecycle }),
    // Istio's switch, which is an environment variable of its control plane
    nativeSidecars: String(pilot?.env?.ENABLE_NATIVE_SIDECARS ?? "true") !== "false",
    initContainer: ours.initContainer ?? d.initContainer,
    leaveSeconds: ours.leaveSeconds ?? d.leaveSeconds,
    rewriteProbes: webhook.rewriteAppHTTPProbe ?? true,
    interception: {
      includeOutboundIPRanges: proxy.includeIPRanges ?? d.interception.includeOutboundIPRanges,
      excludeOutboundIPRanges: proxy.excludeIPRanges ?? "",
      includeOutboundPorts: proxy.includeOutboundPorts ?? "",
      excludeOutboundPorts: proxy.excludeOutboundPorts ?? "",
      includeInboundPorts: proxy.includeInboundPorts ?? d.interception.includeInboundPorts,
      excludeInboundPorts: proxy.excludeInboundPorts ?? "",
    },
    proxyConfig: proxy.holdApplicationUntilProxyStarts
      ? { ...proxyConfig, holdApplicationUntilProxyStarts: true }
      : proxyConfig,
    policy: proxy.autoInject ?? d.policy,
    enableNamespacesByDefault: webhook.enableNamespacesByDefault ?? false,
    neverInjectSelector: webhook.neverInjectSelector ?? [],
    alwaysInjectSelector: webhook.alwaysInjectSelector ?? [],
    injectedAnnotations: webhook.injectedAnnotations ?? {},
    templates: webhook.templates ?? {},
    defaultTemplates: webhook.defaultTemplates?.length ? webhook.defaultTemplates : d.defaultTemplates,
  };
}

/** `proxyv2`, or the whole name of an image of one's own. */
function imageName(hub: string, image: string, tag: string | number | undefined): string {
  if (image.includes("/")) return image;
  return `${hub}/${image}${tag === undefined || tag === "" ? "" : `:${tag}`}`;
}

type Quantities = Readonly<Record<string, string | number>>;

function resourcesOf(
  written: { requests?: Quantities; limits?: Quantities } | undefined,
): InjectSettings["resources"] | undefined {
  if (!written) return undefined;
  const texts = (quantities: Quantities): Record<string, string> =>
    Object.fromEntries(Object.entries(quantities).map(([name, value]) => [name, String(value)]));
  return { requests: texts(written.requests ?? {}), ...(written.limits && { limits: texts(written.limits) }) };
}

/** What Istio's mesh configuration has no words for. */
const Own = shape("Lateen", {}, { initContainer: bool, leaveSeconds: Type.Integer({ minimum: 0 }) });

function ownOf(meshConfig: unknown): Type.Static<typeof Own> {
  const written = member(meshConfig, "lateen") ?? {};
  if (Check(Own, written)) return written;
  const [first] = Errors(Own, written);
  throw new LateenError(
    "LTN4003",
    `the mesh's configuration is not right: lateen${first?.instancePath ?? ""} ${first?.message ?? ""}`,
    "Correct it in meshConfig.",
  );
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function field(value: unknown, name: string): string {
  const found = member(value, name);
  return typeof found === "string" ? found : "";
}
