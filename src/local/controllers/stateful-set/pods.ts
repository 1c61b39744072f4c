/** The pods of a StatefulSet: each has a name of its own, by its number, and keeps it. Pure. */
import type { Pod } from "../../../kinds/core/pod.ts";
import type { StatefulSet } from "../../../kinds/core/stateful-set.ts";
import { podFromTemplate } from "../pods.ts";
import { templateHash } from "../template-hash.ts";

export const REVISION_LABEL = "controller-revision-hash";
const NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const INDEX_LABEL = "apps.kubernetes.io/pod-index";

export function updateRevision(set: StatefulSet): string {
  return `${set.metadata.name}-${templateHash(set.spec.template)}`;
}

/** The numbers that the set's pods should have. */
export function ordinals({ spec }: StatefulSet): number[] {
  const start = spec.ordinals?.start ?? 0;
  return Array.from({ length: spec.replicas ?? 1 }, (_, i) => start + i);
}

/** The number in a pod's name; undefined when the name is not of this set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : "";
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

export function statefulPod(set: StatefulSet, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = { [REVISION_LABEL]: updateRevision(set), [NAME_LABEL]: name, [INDEX_LABEL]: String(ordinal) };
  const pod = podFromTemplate(set, set.spec.template, { name }, labels);
  const subdomain = set.spec.serviceName;
  const claims = claimNames(set).map((volume) => ({
    name: volume,
    persistentVolumeClaim: { claimName: `${volume}-${name}` },
  }));
  const others = (pod.spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  return {
    ...pod,
    spec: {
      ...pod.spec,
      hostname: name,
      ...(subdomain && { subdomain }),
      ...(claims.length > 0 && { volumes: [...claims, ...others] }),
    },
  };
}

function claimNames({ spec }: StatefulSet): string[] {
  return (spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) =>
    typeof metadata === "object" && metadata !== null && "name" in metadata ? [String(metadata.name)] : [],
  );
}
