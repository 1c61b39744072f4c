/** What `components.*.k8s` say of a component's objects, laid over them as Istio does. */
import { LateenError } from "../../errors.ts";
import { schemaCheck } from "../../store/check/schema-check.ts";
import { unknownFields } from "../../store/check/unknown-fields.ts";
import type { KubeObject } from "../../store/object.ts";
import { isFields } from "../../store/patch/json.ts";
import { PROXY_CONTAINER } from "../inject/proxy-container.ts";
import type { KubernetesResources } from "./kubernetes-schema.ts";
import { overlaid } from "./overlay.ts";
import { kindOf, patched } from "./patch.ts";

interface Place {
  kind: "Deployment" | "Service" | "HorizontalPodAutoscaler" | "PodDisruptionBudget";
  /** A strategic merge patch with a field's value. */
  patch(value: unknown, container: string): object;
}

const pod = (patch: Place["patch"]): Place => ({
  kind: "Deployment",
  patch: (value, container) => ({ spec: { template: patch(value, container) } }),
});
const inPod = (field: string): Place => pod((value) => ({ spec: { [field]: value } }));
const inContainer = (field: string): Place =>
  pod((value, name) => ({ spec: { containers: [{ name, [field]: value }] } }));

const PLACES: Record<Exclude<keyof KubernetesResources, "overlays">, Place> = {
  affinity: inPod("affinity"),
  env: inContainer("env"),
  hpaSpec: { kind: "HorizontalPodAutoscaler", patch: (spec) => ({ spec }) },
  imagePullPolicy: inContainer("imagePullPolicy"),
  nodeSelector: inPod("nodeSelector"),
  podAnnotations: pod((annotations) => ({ metadata: { annotations } })),
  podDisruptionBudget: { kind: "PodDisruptionBudget", patch: (spec) => ({ spec: withOneBound(spec) }) },
  priorityClassName: inPod("priorityClassName"),
  readinessProbe: inContainer("readinessProbe"),
  replicaCount: { kind: "Deployment", patch: (replicas) => ({ spec: { replicas } }) },
  resources: inContainer("resources"),
  securityContext: inPod("securityContext"),
  service: {
    kind: "Service",
    patch: (spec, container) => ({ spec: container === PROXY_CONTAINER ? withOnlyItsPorts(spec) : spec }),
  },
  serviceAnnotations: { kind: "Service", patch: (annotations) => ({ metadata: { annotations } }) },
  strategy: { kind: "Deployment", patch: (strategy) => ({ spec: { strategy } }) },
  tolerations: inPod("tolerations"),
  volumeMounts: inContainer("volumeMounts"),
  volumes: inPod("volumes"),
};

export interface Customization {
  k8s: KubernetesResources | undefined;
  /** Where it stands, for messages. */
  field: string;
  /** The container that `k8s.env` and the like are about. */
  container: string;
}

export function customized(objects: KubeObject[], { k8s, field, container }: Customization): KubeObject[] {
  if (!k8s) return objects;
  return objects.map((object) => {
    let changed = object;
    for (const [name, { kind, patch }] of Object.entries(PLACES)) {
      const value: unknown = Reflect.get(k8s, name);
      if (value !== undefined && kind === object.kind) changed = patched(changed, patch(value, container));
    }
    changed = overlaid(changed, k8s.overlays ?? [], `${field}.overlays`);
    if (changed !== object) check(changed, field);
    return changed;
  });
}

/** A budget has one of two bounds: the one that is asked for takes the place of ours. */
function withOneBound(spec: unknown): unknown {
  return isFields(spec) && "maxUnavailable" in spec ? { minAvailable: null, ...spec } : spec;
}

/** Merged with a gateway's own ports, none of those could ever be left out. */
function withOnlyItsPorts(spec: unknown): unknown {
  if (!isFields(spec) || !Array.isArray(spec.ports)) return spec;
  return { ...spec, ports: [{ $patch: "replace" }, ...spec.ports] };
}

/** What ours came to by what a user wrote: better said now than by the API when half is installed. */
function check(object: KubeObject, field: string): void {
  const kind = kindOf(object);
  if (!kind) return;
  const { apiVersion: _, kind: name, metadata, ...content } = object;
  const unknown = unknownFields(kind.schema, content).map(
    ({ path, meant }) => `${path}: there is no such field${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
  );
  const wrong = schemaCheck(kind.schema)(content).map((cause) => `${cause.field}: ${cause.message}`);
  const [first, ...others] = [...unknown, ...wrong];
  if (first === undefined) return;
  throw new LateenError(
    "LTN5309",
    `${field} makes ${name} ${metadata.name} wrong: ${[first, ...others].join("\n  ")}`,
    "Correct it there; kubectl explain shows what each field may be.",
  );
}
