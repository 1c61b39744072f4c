import type { Lifecycle } from "../../kinds/core/container.ts";
import type { LabelSelector } from "../../store/selectors.ts";
import type { InterceptionTexts } from "./interception.ts";
import { defaultProxyConfig, type ProxyConfig } from "./proxy-config.ts";

/** What injection needs to know of the installation. All of it has a default, so that tests and tools can say little. */
export interface InjectSettings {
  /** Its entrypoint is Envoy; it holds `bash`, `nft`, `setpriv` and `sleep` too. */
  proxyImage: string;
  imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** Names of Secrets that every injected pod gets, to pull the proxy's image with. */
  imagePullSecrets: readonly string[];
  /** The revision that this control plane goes by in labels `istio.io/rev`. */
  revision: string;
  rootNamespace: string;
  clusterDomain: string;
  clusterId: string;
  /** Name of the network that pods of this cluster share; "" where there is only one. */
  network: string;
  trustDomain: string;
  /** "": the trust domain. */
  meshId: string;
  /** Where proxies find the control plane: host:port. */
  discoveryAddress: string;
  /**
   * Set where all processes have one uid (rootless): Envoy then marks its connections with this, since it cannot be
   * told apart by uid; the kernel's rules spare SIDECAR_MARK. It needs CAP_NET_ADMIN, which a cluster's sidecar has not.
   */
  socketMark?: number;
  logLevel: string;
  /** `misc:error,http:debug`, or "". */
  componentLogLevel: string;
  resources: { requests: Record<string, string>; limits?: Record<string, string> };
  /** Instead of what injection does when the proxy starts and ends. */
  lifecycle?: Lifecycle;
  /** Whether the pod mounts the socket of an agent that gives its proxy its certificate. Injection finds out itself. */
  identitySocket?: true;
  /** Sidecars as init containers that stay (Kubernetes 1.29): they start before the app and end after it. */
  nativeSidecars: boolean;
  /** A container of its own sets the kernel's rules, as where no other may have NET_ADMIN: pods start a second later. */
  initContainer: boolean;
  /** The kubelet's probes go by the proxy, which passes them on: they work whatever the mesh demands of clients. */
  rewriteProbes: boolean;
  /**
   * For how many seconds an application goes on after its pod was told to end, unless it has a preStop hook of its own:
   * meanwhile its clients hear that it leaves. 0: it is told at once.
   */
  leaveSeconds: number;
  /** As the annotations of the same names, where a pod has none. */
  interception: InterceptionTexts;
  /** As the annotation proxy.istio.io/config, for what that leaves open. */
  proxyConfig: ProxyConfig;
  /** "disabled": only pods that ask for a proxy by their label get one. */
  policy: "enabled" | "disabled";
  /** Namespaces without a label are injected too. */
  enableNamespacesByDefault: boolean;
  /** By the pod's labels, where it does not say itself what it wants; "never" before "always". */
  neverInjectSelector: readonly LabelSelector[];
  alwaysInjectSelector: readonly LabelSelector[];
  injectedAnnotations: Readonly<Record<string, string>>;
  /** Names of more templates, and the YAML of a piece of a pod that each lays over the pod. */
  templates: Readonly<Record<string, string>>;
  /** What a pod gets that names no templates itself. */
  defaultTemplates: readonly string[];
}

export const defaultInjectSettings: InjectSettings = {
  proxyImage: "lateen/proxy:0.1.0",
  imagePullSecrets: [],
  revision: "default",
  rootNamespace: "istio-system",
  clusterDomain: "cluster.local",
  clusterId: "Kubernetes",
  network: "",
  trustDomain: "cluster.local",
  meshId: "",
  discoveryAddress: "istiod.istio-system.svc:15012",
  logLevel: "warning",
  componentLogLevel: "",
  resources: { requests: { cpu: "10m", memory: "40Mi" } },
  nativeSidecars: true,
  initContainer: false,
  rewriteProbes: true,
  leaveSeconds: 2,
  interception: {
    includeOutboundIPRanges: "*",
    excludeOutboundIPRanges: "",
    includeOutboundPorts: "",
    excludeOutboundPorts: "",
    includeInboundPorts: "*",
    excludeInboundPorts: "",
  },
  proxyConfig: defaultProxyConfig,
  policy: "enabled",
  enableNamespacesByDefault: false,
  neverInjectSelector: [],
  alwaysInjectSelector: [],
  injectedAnnotations: {},
  templates: {},
  defaultTemplates: ["sidecar"],
};

/** The uid and gid of every proxy that the kernel's rules spare. */
export const PROXY_UID = 1337;
