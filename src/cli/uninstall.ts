import { LateenError } from "../errors.ts";
import { listControlPlanes, titleOf } from "../kubernetes/install/cluster/control-planes.ts";
import { COMPONENT, TAG } from "../kubernetes/install/cluster/labels.ts";
import { shown } from "../kubernetes/install/cluster/objects.ts";
import { isOneMachine, kubernetesVersion } from "../kubernetes/install/cluster/precheck/kubernetes-version.ts";
import { checkRights } from "../kubernetes/install/cluster/precheck/rights.ts";
import { unknownRevision } from "../kubernetes/install/cluster/tags.ts";
import { listProxies, planRemoval, type Removal, removeAll } from "../kubernetes/install/cluster/uninstall.ts";
import { readInstallation } from "../kubernetes/install/read-installation.ts";
import { type Cluster, type ClusterOption, withCluster } from "./cluster.ts";
import { confirm } from "./confirm.ts";
import { heed } from "./findings.ts";
import { type InstallationOptions, installationRequest } from "./installation-request.ts";
import { interruptible } from "./interruptible.ts";
import { good } from "./marks.ts";

export interface UninstallOptions extends ClusterOption, InstallationOptions {
  purge?: boolean;
  skipConfirmation?: boolean;
  dryRun?: boolean;
  force?: boolean;
  verbose?: boolean;
}

const SHOWN_PROXIES = 30;

/** `lateen uninstall`: one revision's control plane and gateways, or with --purge all that was ever installed. */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const request = await installationRequest(options);
  if (!options.purge && request.revision === undefined && request.files.length === 0 && request.sets.length === 0) {
    throw new LateenError(
      "LTN5370",
      "what to uninstall is not said",
      "One revision: lateen uninstall --revision default. Everything: lateen uninstall --purge",
    );
  }
  const { namespace, revision } = readInstallation(request);
  await withCluster(options, async (cluster) => {
    if (isOneMachine(await kubernetesVersion(cluster))) {
      console.log(good("The mesh of this one-machine world is built in, and ends with it: lateen down --purge"));
      return;
    }
    const which = options.purge ? undefined : revision;
    const removal = await planRemoval(cluster.store, namespace, which);
    if (which !== undefined && removal.objects.length === 0) throw await unknownRevision(cluster.store, which);
    const objects = [...removal.objects, ...removal.traces, ...removal.definitions];
    if (objects.length === 0) {
      console.log("Nothing of an installation is left in this cluster.");
      return;
    }
    heed(await checkRights(cluster.store, objects, ["delete"]));
    const warnings = await consequences(cluster, removal, which);
    if (options.verbose || options.dryRun) for (const object of objects) console.log(`  ${shown(object)}`);
    if (options.dryRun) {
      for (const line of warnings) console.log(line);
      console.log(`${objects.length} objects would be removed. Nothing was done (dry run).`);
      return;
    }
    if (options.skipConfirmation) for (const line of warnings) console.log(line);
    const question = `${warnings.join("\n")}\n${objects.length} objects will be removed from the cluster at ${cluster.connection.server.origin}.`;
    await confirm(question.trimStart(), { yes: options.skipConfirmation === true });
    await interruptible((signal) =>
      removeAll(cluster.store, removal, {
        signal,
        onRemoved: (object) => console.log(`  Removed ${shown(object)}.`),
      }),
    );
    console.log(good("Uninstall complete"));
  });
}

/** What whoever says yes should know. */
async function consequences(
  { store }: Cluster,
  { objects, losses }: Removal,
  revision: string | undefined,
): Promise<string[]> {
  const lines: string[] = [];
  if (revision === undefined) {
    const planes = (await listControlPlanes(store)).map(titleOf);
    const list = new Intl.ListFormat("en").format(planes);
    lines.push(`All Istio resources will be pruned from the cluster${planes.length > 0 ? ` (${list})` : ""}.`);
  }
  const proxies = await listProxies(store, revision);
  if (proxies.length > 0) {
    const pointing = revision === undefined ? "" : ` pointing to the control plane revision ${revision}`;
    lines.push(
      `There ${proxies.length === 1 ? "is still 1 proxy" : `are still ${proxies.length} proxies`}${pointing}:`,
      ...proxies.slice(0, SHOWN_PROXIES).map((name) => `  ${name}`),
      ...(proxies.length > SHOWN_PROXIES ? [`  and ${proxies.length - SHOWN_PROXIES} more`] : []),
      "They keep the configuration that they have, but get no changes and no new certificates.",
    );
  }
  const gateways = objects.filter(
    ({ kind, metadata: { labels } }) => kind === "Deployment" && /Gateways$/.test(labels?.[COMPONENT] ?? ""),
  );
  if (gateways.length > 0) {
    lines.push(
      `You are about to remove the following gateways: ${gateways.map(({ metadata }) => metadata.name).join(", ")}. What enters through them gets no answer any more.`,
    );
  }
  const tags = objects.flatMap(({ metadata: { labels } }) => labels?.[TAG] ?? []);
  if (revision !== undefined && tags.length > 0) {
    lines.push(
      `Tags that stand for it go too: ${tags.join(", ")}. To keep one: lateen tag set TAG --revision OTHER --overwrite`,
    );
  }
  if (losses.size > 0) {
    lines.push(
      "Objects that will be lost with their definitions:",
      ...[...losses].map(([name, count]) => `  ${count} ${name}`),
    );
  }
  return lines;
}
