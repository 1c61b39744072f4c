import { applyInstallation } from "../kubernetes/install/cluster/apply-installation.ts";
import { listControlPlanes } from "../kubernetes/install/cluster/control-planes.ts";
import { componentTitle, type Delivery } from "../kubernetes/install/cluster/delivery.ts";
import { deliveryOf } from "../kubernetes/install/cluster/delivery-of.ts";
import { isOneMachine, kubernetesVersion } from "../kubernetes/install/cluster/precheck/kubernetes-version.ts";
import { precheck } from "../kubernetes/install/cluster/precheck/precheck.ts";
import { besideDefaultTag, defaultRevision, tagObjects } from "../kubernetes/install/cluster/tags.ts";
import type { Installation } from "../kubernetes/install/installation.ts";
import { DEFAULT_REVISION } from "../kubernetes/install/names.ts";
import type { InstallationRequest } from "../kubernetes/install/read-installation.ts";
import { version } from "../version.ts";
import { type Cluster, type ClusterOption, withCluster } from "./cluster.ts";
import { confirm } from "./confirm.ts";
import { heed } from "./findings.ts";
import { installProgress } from "./install-progress.ts";
import { printPlan } from "./installation-plan.ts";
import { type InstallationOptions, installationRequest } from "./installation-request.ts";
import { interruptible } from "./interruptible.ts";
import { good } from "./marks.ts";
import { verifyObjects } from "./verify-install.ts";

export interface InstallOptions extends ClusterOption, InstallationOptions {
  skipConfirmation?: boolean;
  dryRun?: boolean;
  force?: boolean;
  verify?: boolean;
  readinessTimeout?: number;
}

/** How long each component may take to get ready, unless it is said. */
const READINESS_MS = 300_000;

/** `lateen install`: brings the control plane and gateways to a cluster, or changes those that are there. */
export async function install(options: InstallOptions): Promise<void> {
  const request = await installationRequest(options);
  await withCluster(options, (cluster) => installInto(cluster, request, options));
}

export async function installInto(
  cluster: Cluster,
  request: InstallationRequest,
  options: InstallOptions,
): Promise<void> {
  const { installation, delivery: wanted } = deliveryOf(request);
  for (const { field, message } of installation.warnings) console.error(`Warning: ${field}: ${message}`);
  if (isOneMachine(await kubernetesVersion(cluster))) {
    console.log(good("The mesh of this one-machine world is built in: there is nothing to install."));
    return;
  }
  const { namespace, revision } = wanted;
  heed(await precheck(cluster, wanted, { namespace, revision, version: version() }), options.force);
  const delivery = await besideDefaultTag(cluster.store, wanted);
  if (options.dryRun) return printPlan(cluster.store, delivery);
  await confirm(question(installation, delivery, cluster), { yes: options.skipConfirmation === true });
  await bring(cluster, delivery, options);
}

async function bring(cluster: Cluster, delivery: Delivery, options: InstallOptions): Promise<void> {
  const { store } = cluster;
  const { revision, components } = delivery;
  const first = (await listControlPlanes(store)).length === 0;
  // Whoever comes first is for all: namespaces need not name a revision, and all objects are validated.
  const defaultBefore = await defaultRevision(store);
  const isDefault = revision !== DEFAULT_REVISION && (defaultBefore ?? revision) === revision;
  const progress = installProgress();
  const { touched, pruned } = await interruptible((signal) =>
    applyInstallation(cluster, delivery, {
      readinessTimeoutMs: options.readinessTimeout ?? READINESS_MS,
      signal,
      progress,
      afterwards: async () => (isDefault ? tagObjects(store, { tag: DEFAULT_REVISION, revision }) : []),
    }),
  ).finally(() => progress.end());
  for (const { kind, metadata } of pruned)
    console.log(`  Removed ${kind} ${metadata.name}, which is no longer part of it`);
  const unchanged = touched === 0 && pruned.length === 0;
  console.log(good(unchanged ? "Installation complete: everything was as it should be" : "Installation complete"));
  if (isDefault && defaultBefore === undefined)
    console.log("Made this installation the default for injection and validation.");
  if (first)
    console.log(
      `Pods get sidecars where you ask for them: kubectl label namespace default ${label(revision, isDefault)}`,
    );
  if (options.verify)
    await verifyObjects(
      cluster,
      components.flatMap(({ objects }) => objects),
    );
}

function label(revision: string, isDefault: boolean): string {
  return revision === DEFAULT_REVISION || isDefault ? "istio-injection=enabled" : `istio.io/rev=${revision}`;
}

/** Says exactly what will be done, and to which cluster. */
function question({ profile }: Installation, { namespace, revision, components }: Delivery, cluster: Cluster): string {
  const titles = components.map(({ name }) => componentTitle(name));
  const list = new Intl.ListFormat("en").format(titles);
  const under = revision === DEFAULT_REVISION ? "" : `, revision ${revision},`;
  const where = `namespace ${namespace} of the cluster at ${cluster.connection.server.origin}`;
  return `This will install the Lateen ${version()} "${profile}" profile (with components: ${list})${under} into ${where}.`;
}
