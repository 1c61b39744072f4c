import { deliveryOf } from "../kubernetes/install/cluster/delivery-of.ts";
import { isOneMachine, kubernetesVersion } from "../kubernetes/install/cluster/precheck/kubernetes-version.ts";
import { precheck } from "../kubernetes/install/cluster/precheck/precheck.ts";
import { version } from "../version.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { findingLines } from "./findings.ts";
import { type InstallationOptions, installationRequest } from "./installation-request.ts";
import { good } from "./marks.ts";

/** `lateen x precheck`: whether an installation or an upgrade would be in order. Changes nothing. */
export async function precheckCommand(options: ClusterOption & InstallationOptions): Promise<void> {
  const { delivery } = deliveryOf(await installationRequest(options));
  const { namespace, revision } = delivery;
  await withCluster(options, async (cluster) => {
    if (isOneMachine(await kubernetesVersion(cluster))) {
      console.log(good("The mesh of this one-machine world is built in: there is nothing to install."));
      return;
    }
    const findings = await precheck(cluster, delivery, { namespace, revision, version: version() });
    for (const finding of findings) console.log(findingLines(finding).join("\n"));
    if (findings.every(({ level }) => level === "note")) {
      console.log(good("No issues found when checking the cluster. Lateen is safe to install or upgrade!"));
      console.log("  To begin: lateen install");
      return;
    }
    process.exitCode = 1;
    const inTheWay = findings.some(({ level }) => level === "error");
    console.error(
      `Issues found when checking the cluster. Lateen ${inTheWay ? "cannot be installed or upgraded as it is" : "may not be safe to install or upgrade"}.`,
    );
  });
}
