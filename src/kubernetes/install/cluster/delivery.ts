import type { KubeObject } from "../../../store/object.ts";

/** What is brought to a cluster: components in order, each rendered to plain objects. */
export interface Delivery {
  namespace: string;
  revision: string;
  components: readonly DeliveredComponent[];
  /** Keeps what was asked for, so that verify-install and upgrade know. */
  record: KubeObject;
}

export interface DeliveredComponent {
  name: string;
  objects: readonly KubeObject[];
}

/** Hears how far it is. */
export interface Progress {
  started(component: string): void;
  /** What the component still waits for: `Deployment/istio-system/istiod (ImagePullBackOff)`. */
  waiting(component: string, what: readonly string[]): void;
  /** `touched`: how many objects were created or changed. */
  finished(component: string, touched: number): void;
  failed(component: string): void;
  /** A step of another kind: `Pruning removed resources`. */
  step(text: string): void;
}

const TITLES: Readonly<Record<string, string>> = {
  Base: "Istio core",
  Pilot: "Istiod",
  IngressGateways: "Ingress gateways",
  EgressGateways: "Egress gateways",
};

/** As Istio's users know it. */
export function componentTitle(name: string): string {
  return TITLES[name] ?? name;
}

/** What can be brought in at the same time: gateways need the control plane, and that its definitions. */
export function inStages(components: readonly DeliveredComponent[]): DeliveredComponent[][] {
  const stage = ({ name }: DeliveredComponent): number => Math.max(0, ["Base", "Pilot"].indexOf(name) + 1 || 3);
  const byStage = Map.groupBy(components, stage);
  return [...byStage].sort(([a], [b]) => a - b).map(([, each]) => each);
}
