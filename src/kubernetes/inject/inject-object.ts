import { Check } from "typebox/value";
import type { Pod } from "../../kinds/core/pod.ts";
import { PodTemplate } from "../../kinds/core/pod-spec.ts";
import { type Fields, isFields } from "../../store/patch/json.ts";
import { inject } from "./inject.ts";
import type { InjectSettings } from "./settings.ts";

/** Where the template of the pods is in objects that have one. A pod is its own. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/**
 * The same object with the proxy in its pods, or the very same when its pods are to have none or it has no pods. What it
 * is, it says itself: there is no namespace here to ask. Lists are injected item by item.
 */
export function injectObject(object: unknown, namespace: string, settings: InjectSettings): unknown {
  if (!isFields(object) || typeof object.kind !== "string") return object;
  if (object.kind.endsWith("List") && Array.isArray(object.items)) {
    const items = object.items.map((item) => injectObject(item, namespace, settings));
    return items.every((item, i) => item === Reflect.get(Object(object.items), i)) ? object : { ...object, items };
  }
  const path = Object.hasOwn(TEMPLATES, object.kind) ? TEMPLATES[object.kind] : undefined;
  const template = path?.reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), object);
  if (!path || !Check(PodTemplate, template) || !template.spec) return object;
  const metadata = isFields(object.metadata) ? object.metadata : {};
  const own = typeof metadata.namespace === "string" ? metadata.namespace : namespace;
  const { name = "", ownerReferences: _owners, ...rest } = template.metadata ?? {};
  const workload = { kind: object.kind, apiVersion: String(object.apiVersion), name: String(metadata.name ?? "") };
  const owner = path.length === 0 ? {} : { ownerReferences: [{ ...workload, uid: "", controller: true }] };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...rest, name, ...owner },
    spec: template.spec,
  };
  const made = inject(pod, { namespace: own, settings });
  if (made === pod) return object;
  const { name: _name, ownerReferences: _made, ...madeMetadata } = made.metadata;
  const kept = { ...template.metadata, ...madeMetadata };
  return replaceAt(object, path, { ...template, metadata: kept, spec: made.spec });
}

function replaceAt(object: Fields, path: readonly string[], value: object): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return { ...object, ...value };
  const inner = object[first];
  return { ...object, [first]: replaceAt(isFields(inner) ? inner : {}, rest, value) };
}
