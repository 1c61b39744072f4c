import { LateenError } from "../errors.ts";
import { compareVersions, minorsBetween } from "../kubernetes/install/cluster/compare-versions.ts";
import { listControlPlanes } from "../kubernetes/install/cluster/control-planes.ts";
import { isOneMachine, kubernetesVersion } from "../kubernetes/install/cluster/precheck/kubernetes-version.ts";
import { type InstalledState, listRecords } from "../kubernetes/install/cluster/record.ts";
import { DEFAULT_REVISION } from "../kubernetes/install/names.ts";
import { version } from "../version.ts";
import { type Cluster, withCluster } from "./cluster.ts";
import { type InstallOptions, installInto } from "./install.ts";
import { installationRequest } from "./installation-request.ts";

/** `lateen upgrade`: brings what is installed to this version, in place, as it was asked for then or as is said now. */
export async function upgrade(options: InstallOptions): Promise<void> {
  const asked = await installationRequest(options);
  await withCluster(options, async (cluster) => {
    if (isOneMachine(await kubernetesVersion(cluster))) return installInto(cluster, asked, options);
    const { revision = DEFAULT_REVISION } = asked;
    const installed = await recorded(cluster, revision);
    checkSkew(installed.version, version(), options.force);
    const anew = asked.files.length > 0 || asked.sets.length > 0;
    const from =
      installed.version === version()
        ? `Lateen is ${version()} already`
        : `From Lateen ${installed.version} to ${version()}`;
    console.log(
      `${from}; ${anew ? "with the files and flags given now" : "with the files and flags of its installation"}.`,
    );
    await installInto(cluster, anew ? asked : installed.request, options);
    if (!options.dryRun && installed.version !== version()) {
      console.log("Sidecars are renewed as their pods are: kubectl rollout restart deployment -n NAMESPACE");
    }
  });
}

async function recorded({ store }: Cluster, revision: string): Promise<InstalledState> {
  const records = await listRecords(store);
  const record = records.find((each) => each.revision === revision);
  if (record) return record;
  const others = records.map((each) => each.revision).join(", ");
  const planes = await listControlPlanes(store);
  const unrecorded = planes.some((each) => each.revision === revision)
    ? "A control plane is there, but not by lateen install: lateen install -f FILE takes it over."
    : "Install it first: lateen install";
  throw new LateenError(
    "LTN5338",
    `there is no installation of revision ${revision} to upgrade`,
    others === "" ? unrecorded : `Installed: ${others}; name one with --revision.`,
  );
}

/** Control planes and sidecars of neighbouring minor versions understand each other. */
export function checkSkew(installed: string, wanted: string, force = false): void {
  if (force) return;
  if (compareVersions(installed, wanted) > 0) {
    throw new LateenError(
      "LTN5339",
      `Lateen ${installed} is installed, and this is ${wanted}: that would be a downgrade`,
      `Use lateen ${installed} or later; --force goes back all the same.`,
    );
  }
  const minors = minorsBetween(installed, wanted);
  if (minors === undefined || minors > 1) {
    throw new LateenError(
      "LTN5339",
      `from Lateen ${installed} to ${wanted} is more than one minor version`,
      "Upgrade one minor version at a time, or install beside it with --revision; --force skips them all the same.",
    );
  }
}
