import { LateenError } from "../errors.ts";
import { deliveryOf } from "../kubernetes/install/cluster/delivery-of.ts";
import { idOf } from "../kubernetes/install/cluster/objects.ts";
import { isOneMachine, kubernetesVersion } from "../kubernetes/install/cluster/precheck/kubernetes-version.ts";
import { listRecords } from "../kubernetes/install/cluster/record.ts";
import { besideDefaultTag } from "../kubernetes/install/cluster/tags.ts";
import { type Checked, verify } from "../kubernetes/install/cluster/verify.ts";
import type { KubeObject } from "../store/object.ts";
import { version } from "../version.ts";
import { type Cluster, type ClusterOption, withCluster } from "./cluster.ts";
import { readFiles } from "./installation-request.ts";
import { parseManifests } from "./kubernetes/manifests.ts";
import { bad, good } from "./marks.ts";
import { isOperator } from "./operator-file.ts";

export interface VerifyOptions extends ClusterOption {
  filename?: string[];
  revision?: string;
}

/** So many problems of an object tell enough. */
const SHOWN = 8;

/** `lateen verify-install`: every object is there, as specified, and works. */
export async function verifyInstall(options: VerifyOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    if (isOneMachine(await kubernetesVersion(cluster))) {
      console.log(good("The mesh of this one-machine world is built in: lateen status shows what runs."));
      return;
    }
    const objects = options.filename
      ? await objectsOf(options.filename, options.revision)
      : await installed(cluster, options);
    await verifyObjects(cluster, objects);
  });
}

export async function verifyObjects(cluster: Cluster, objects: readonly KubeObject[]): Promise<void> {
  const counts = { definitions: 0, deployments: 0, wrong: 0 };
  for (const checked of await verify(cluster, objects)) {
    print(checked);
    if (checked.problems.length > 0) counts.wrong++;
    if (checked.object.kind === "CustomResourceDefinition") counts.definitions++;
    if (checked.object.kind === "Deployment") counts.deployments++;
  }
  console.log(`Checked ${counts.definitions} custom resource definitions`);
  console.log(`Checked ${counts.deployments} Istio Deployments`);
  if (counts.wrong === 0) {
    console.log(good("Istio is installed and verified successfully"));
    return;
  }
  const some = counts.wrong === 1 ? "1 object is" : `${counts.wrong} objects are`;
  throw new LateenError(
    "LTN5335",
    `${some} not as they were installed`.replace("is not as they were", "is not as it was"),
    "To bring everything back: lateen install with the same files and flags.",
  );
}

function print({ object, problems }: Checked): void {
  const { kind, metadata } = object;
  const name = `${kind}: ${metadata.name}${metadata.namespace === undefined ? "" : `.${metadata.namespace}`}`;
  if (problems.length === 0) {
    console.log(good(`${name} checked successfully`));
    return;
  }
  console.log(bad(`${name}: ${problems.length === 1 ? "a problem" : `${problems.length} problems`}`));
  for (const { message, remedy } of problems.slice(0, SHOWN)) {
    console.log(`    ${message.replaceAll("\n", "\n    ")}`);
    if (remedy !== undefined) console.log(`      ${remedy}`);
  }
  if (problems.length > SHOWN) console.log(`    and ${problems.length - SHOWN} more`);
}

/** As the records in the cluster say. */
async function installed({ store }: Cluster, { revision }: VerifyOptions): Promise<KubeObject[]> {
  const all = await listRecords(store);
  const records = all.filter((record) => revision === undefined || record.revision === revision);
  if (records.length === 0) {
    const others = all.map((record) => record.revision).join(", ");
    throw new LateenError(
      "LTN5336",
      `no ${revision === undefined ? "" : `revision ${revision} of an `}installation is recorded in this cluster`,
      others === ""
        ? "Install with lateen install; or, if it was done by kubectl, name what was applied: verify-install -f FILE"
        : `Recorded: ${others}.`,
    );
  }
  console.log(
    `${records.length} Istio control planes detected, checking ${records.map((each) => `--revision "${each.revision}"`).join(", ")}`,
  );
  for (const record of records.filter((each) => each.version !== version())) {
    console.error(
      `Warning: revision ${record.revision} was installed by lateen ${record.version}, and this is ${version()}: what the versions do differently shows as changed. lateen upgrade brings it to this version.`,
    );
  }
  // What revisions share is checked once.
  const objects = new Map<string, KubeObject>();
  for (const { request } of records) {
    const { components } = await besideDefaultTag(store, deliveryOf(request).delivery);
    for (const object of components.flatMap((each) => each.objects)) objects.set(idOf(object), object);
  }
  return [...objects.values()];
}

/** Of manifests as `manifest generate` prints them, or of IstioOperator files. */
async function objectsOf(names: readonly string[], revision: string | undefined): Promise<KubeObject[]> {
  const files = await readFiles(names);
  const operators = files.filter(({ text }) => isOperator(text));
  const manifests = files
    .filter((file) => !operators.includes(file))
    .map(({ name, text }) => parseManifests(name, text));
  for (const { place, problem } of manifests.flatMap(({ unreadable }) => unreadable)) {
    throw new LateenError("LTN5337", `${place}: ${problem}`, "Give it manifests, or an IstioOperator.");
  }
  const request = { files: operators, sets: [], ...(revision !== undefined && { revision }) };
  const rendered =
    operators.length > 0 ? deliveryOf(request).delivery.components.flatMap(({ objects }) => objects) : [];
  return [...rendered, ...manifests.flatMap((file) => file.manifests.map(({ object }) => object))];
}
