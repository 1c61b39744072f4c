/** What is installed already: Istio's own, a Lateen of another version, or one that is not whole. */
import type { Store } from "../../../../store/store.ts";
import { compareVersions } from "../compare-versions.ts";
import { type ControlPlane, listControlPlanes, titleOf } from "../control-planes.ts";
import { error, type Finding, note, warning } from "../finding.ts";
import { readRecord } from "../record.ts";

export interface Intended {
  namespace: string;
  revision: string;
  version: string;
}

export async function checkExisting(store: Store, intended: Intended): Promise<Finding[]> {
  const { namespace, revision, version } = intended;
  const all = await listControlPlanes(store);
  const same = all.find((each) => each.revision === revision && each.namespace === namespace);
  const record = await readRecord(store, namespace, revision);
  return [
    ...all.filter((each) => each !== same && each.revision === revision).map(elsewhere),
    ...(same && !same.ours ? [foreign(same)] : []),
    ...(same?.ours && !record ? [unrecorded(same)] : []),
    ...(record && !same ? [half(namespace, revision)] : []),
    ...(record ? skew(record.version, version) : []),
  ];
}

function elsewhere(other: ControlPlane): Finding {
  return error(
    "LTN5349",
    `${titleOf(other)}, is installed already in namespace ${other.namespace}: two of one revision would inject the same pods`,
    `Install into that namespace (--set namespace=${other.namespace}), under another name (--revision NAME), or remove it first: lateen uninstall --revision ${other.revision}`,
  );
}

function foreign(other: ControlPlane): Finding {
  const found = error(
    "LTN5350",
    `Istio's own control plane is installed here: ${titleOf(other)} (Deployment ${other.namespace}/${other.name}, image ${other.image})`,
    "Install beside it (--revision lateen) and move namespace by namespace, or remove it first (istioctl uninstall --purge). --force takes it over in place.",
  );
  return { ...found, forcible: true };
}

function unrecorded({ namespace, name }: ControlPlane): Finding {
  return note(
    "LTN5351",
    `Deployment ${namespace}/${name} is there, but no record of an installation: an earlier one was stopped in the middle, or manifests were applied by hand`,
    "Nothing to do: this installation completes it.",
  );
}

function half(namespace: string, revision: string): Finding {
  return note(
    "LTN5351",
    `revision ${revision} was installed in namespace ${namespace}, but its control plane is gone`,
    "Nothing to do: this installation brings it back.",
  );
}

function skew(installed: string, version: string): Finding[] {
  const order = compareVersions(installed, version);
  if (order === 0) return [];
  const way = order > 0 ? "downgraded" : "upgraded";
  return [
    warning(
      "LTN5352",
      `Lateen is being ${way} from ${installed} to ${version} in place`,
      "To go over namespace by namespace instead, install beside it: --revision NAME",
    ),
  ];
}
