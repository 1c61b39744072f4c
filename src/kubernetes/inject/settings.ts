/** What injection needs to know of the installation. All of it has a default, so that tests and tools can say little. */
export interface InjectSettings {
  /** Its entrypoint is Envoy; it holds `nft` and `bash` too. */
  proxyImage: string;
  imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** The revision that this control plane goes by in labels `istio.io/rev`. */
  revision: string;
  rootNamespace: string;
  clusterDomain: string;
  clusterId: string;
  trustDomain: string;
  /** Where proxies find the control plane: host:port. */
  discoveryAddress: string;
  /**
   * Set where all processes have one uid (rootless): Envoy then marks its connections with this, since it cannot be
   * told apart by uid; the kernel's rules spare SIDECAR_MARK. It needs CAP_NET_ADMIN, which a cluster's sidecar has not.
   */
  socketMark?: number;
  /** Envoy's worker threads, unless the pod says otherwise in `proxy.istio.io/config`. */
  concurrency: number;
  logLevel: string;
  resources: { requests: Record<string, string>; limits?: Record<string, string> };
}

export const defaultInjectSettings: InjectSettings = {
  proxyImage: "lateen/proxy:0.1.0",
  revision: "default",
  rootNamespace: "istio-system",
  clusterDomain: "cluster.local",
  clusterId: "Kubernetes",
  trustDomain: "cluster.local",
  discoveryAddress: "istiod.istio-system.svc:15012",
  concurrency: 1,
  logLevel: "warning",
  resources: { requests: { cpu: "10m", memory: "40Mi" } },
};

/** The uid and gid of every proxy that the kernel's rules spare. */
export const PROXY_UID = 1337;
