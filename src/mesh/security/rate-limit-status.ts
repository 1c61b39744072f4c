/** What becomes of each RateLimit: whom it applies to, and whether what it needs is there. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import { rateLimitKind } from "../../kinds/lateen/rate-limit.ts";
import type { RateLimit } from "../../kinds/lateen/rate-limit-schema.ts";
import type { MeshInputs } from "../inputs.ts";
import { labelTexts, selects } from "../labels.ts";
import type { Labels, MeshSettings } from "../model.ts";
import { SYSTEM_NAMESPACE } from "../settings.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import type { Workloads } from "../workloads.ts";
import { LIMITER } from "./rate-limit-model.ts";

type Sources = Pick<MeshInputs, "rateLimits" | "services" | "k8sGateways" | "namespaces">;

/** Named in a status: a selector may match hundreds. */
const NAMED = 3;

interface Verdict {
  appliesTo: string;
  reason: "Enforced" | "NoTarget" | "NoLimiter";
  message: string;
}

export function wireRateLimitStatuses(
  graph: Graph,
  inputs: Sources,
  mesh: { workloads: Workloads; settings: Collection<MeshSettings> },
): Collection<StatusRow> {
  return graph.derive<RateLimit, StatusRow>("statuses of RateLimits", inputs.rateLimits, (_key, object, read) => {
    const { name, namespace = "", generation = 0 } = object.metadata;
    const rootNamespace = read.get(mesh.settings, "")?.rootNamespace ?? SYSTEM_NAMESPACE;
    const { appliesTo, reason, message } = verdict(object, rootNamespace, { inputs, workloads: mesh.workloads, read });
    const condition = (type: string, status: "True" | "False", why: string, text: string): ConditionRow => ({
      type,
      status,
      reason: why,
      message: text,
      observedGeneration: generation,
    });
    const conditions = [
      condition("Accepted", "True", "Accepted", "every rule is understood"),
      condition("Enforced", reason === "Enforced" ? "True" : "False", reason, message),
    ];
    return { type: rateLimitKind.type, namespace, name, status: { conditions, appliesTo } };
  });
}

interface World {
  inputs: Sources;
  workloads: Workloads;
  read: Reader;
}

function verdict(object: RateLimit, rootNamespace: string, world: World): Verdict {
  const targets = targetsOf(object, rootNamespace, world);
  const appliesTo = listed(targets);
  if (targets.length === 0) {
    return { appliesTo, reason: "NoTarget", message: "nothing with a proxy is selected: see selector or targetRefs" };
  }
  const global = object.spec.rules.filter(({ scope }) => scope === "Global");
  const service = `${rootNamespace}/${LIMITER.service}`;
  if (global.length > 0 && !world.read.get(world.inputs.services, service)) {
    const names = global.map(({ name }) => name).join(", ");
    const message = `there is no Service ${service} to count for ${names}: install with values.rateLimit.enabled=true`;
    return { appliesTo, reason: "NoLimiter", message };
  }
  return { appliesTo, reason: "Enforced", message: `requests to ${appliesTo} are limited` };
}

function targetsOf({ metadata, spec }: RateLimit, rootNamespace: string, world: World): string[] {
  const { namespace = "" } = metadata;
  if (spec.targetRefs) {
    return spec.targetRefs
      .filter(({ kind, name }) => exists(kind, `${namespace}/${name}`, world))
      .map(({ kind, name }) => `${kind} ${name}`);
  }
  const labels = spec.selector?.matchLabels ?? {};
  const everywhere = namespace === rootNamespace;
  if (Object.keys(labels).length === 0) return [everywhere ? "all workloads" : `all workloads of ${namespace}`];
  const namespaces = everywhere ? [...world.read.all(world.inputs.namespaces).keys()] : [namespace];
  return [...new Set(namespaces.flatMap((each) => selected(each, labels, everywhere, world)))].sort();
}

function exists(kind: string, key: string, { inputs, read }: World): boolean {
  if (kind === "Gateway") return read.get(inputs.k8sGateways, key) !== undefined;
  return Object.keys(read.get(inputs.services, key)?.spec?.selector ?? {}).length > 0;
}

function selected(namespace: string, labels: Labels, everywhere: boolean, { workloads, read }: World): string[] {
  const [first] = labelTexts(labels);
  return [...read.bucket(workloads.byLabel, `${namespace}/${first}`).values()]
    .filter((each) => each.proxy !== "None" && selects(labels, each.labels))
    .map(({ workload }) => (everywhere ? `${namespace}/${workload}` : workload));
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${rest}`;
}
