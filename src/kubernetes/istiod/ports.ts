/** Where the process listens: Istio's ports. */
export interface Ports {
  /** Delta xDS over TLS. */
  xds: number;
  /** Injection and validation over HTTPS. */
  webhooks: number;
  /** Metrics and the version: nothing secret. */
  monitoring: number;
  /** Readiness and liveness. */
  probes: number;
  /** The control plane's account of itself, on loopback only: who may forward ports to the pod may ask. */
  debug: number;
}

export const PORTS: Ports = { xds: 15012, webhooks: 15017, monitoring: 15014, probes: 8080, debug: 9876 };
