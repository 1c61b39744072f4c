import { stringify } from "yaml";
import { LateenError } from "../errors.ts";
import { applyObject } from "../kubernetes/install/cluster/apply-object.ts";
import { restoreDefault, silenceDefault } from "../kubernetes/install/cluster/default-injection.ts";
import { openJournal } from "../kubernetes/install/cluster/journal.ts";
import { remove } from "../kubernetes/install/cluster/objects.ts";
import { listTags, namespacesOf, objectsOfTag, revisionsOf, tagObjects } from "../kubernetes/install/cluster/tags.ts";
import { DEFAULT_REVISION } from "../kubernetes/install/names.ts";
import { type Cluster, type ClusterOption, withCluster } from "./cluster.ts";
import { confirm } from "./confirm.ts";
import { table } from "./table.ts";

export interface TagOptions extends ClusterOption {
  revision: string;
  overwrite?: boolean;
  autoInjectNamespaces?: boolean;
}

/** `lateen tag set`: namespaces that name the tag get their sidecars from the revision. */
export async function tagSet(tag: string, options: TagOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const { store } = cluster;
    const objects = await checkedObjects(cluster, tag, options);
    const before = (await listTags(store)).find((each) => each.tag === tag);
    if (before && before.revision !== options.revision && !options.overwrite) {
      throw new LateenError(
        "LTN5361",
        `revision tag ${tag} already exists, and stands for revision ${before.revision}`,
        "To move it: --overwrite",
      );
    }
    const journal = openJournal();
    for (const object of objects) await applyObject(store, object, journal);
    if (tag === DEFAULT_REVISION && options.revision !== DEFAULT_REVISION) await silenceDefault(store);
    const done = !before ? "created" : before.revision === options.revision ? "unchanged" : "moved";
    console.log(
      `Revision tag "${tag}" ${done}, referencing control plane revision "${options.revision}". To enable injection using this\nrevision tag, use 'kubectl label namespace <NAMESPACE> ${labelOf(tag)}'`,
    );
    if (done === "moved")
      console.log("Pods change over as they are made anew: kubectl rollout restart deployment -n NAMESPACE");
  });
}

/** `lateen tag generate`: the same as YAML. */
export async function tagGenerate(tag: string, options: TagOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const objects = await checkedObjects(cluster, tag, { ...options, overwrite: true });
    process.stdout.write(objects.map((object) => stringify(object)).join("---\n"));
  });
}

export async function tagList(options: ClusterOption & { output: "table" | "json" | "yaml" }): Promise<void> {
  const tags = await withCluster(options, ({ store }) => listTags(store));
  if (options.output === "json") console.log(JSON.stringify(tags, undefined, 2));
  else if (options.output === "yaml") process.stdout.write(stringify(tags));
  else if (tags.length === 0) console.log("No Istio revision tags found.");
  else {
    const rows = tags.map(({ tag, revision, namespaces }) => [tag, revision, namespaces.join(",")]);
    console.log(table(["TAG", "REVISION", "NAMESPACES"], rows).join("\n"));
  }
}

export async function tagRemove(tag: string, options: ClusterOption & { skipConfirmation?: boolean }): Promise<void> {
  await withCluster(options, async ({ store }) => {
    const objects = await objectsOfTag(store, tag);
    if (objects.length === 0) {
      const tags = (await listTags(store)).map((each) => each.tag);
      throw new LateenError(
        "LTN5362",
        `there is no revision tag ${tag}`,
        tags.length > 0 ? `The tags are: ${tags.join(", ")}.` : "There is none at all.",
      );
    }
    const namespaces = await namespacesOf(store, tag);
    if (namespaces.length > 0) {
      const warning = `Removing tag ${tag} ends injection in namespaces that name it: ${namespaces.join(", ")}.`;
      if (options.skipConfirmation) console.log(warning);
      await confirm(warning, { yes: options.skipConfirmation === true });
    }
    for (const object of objects) await remove(store, object);
    if (tag === DEFAULT_REVISION) await restoreDefault(store);
    console.log(`Revision tag ${tag} removed`);
  });
}

async function checkedObjects({ store }: Cluster, tag: string, options: TagOptions) {
  const { revision, overwrite, autoInjectNamespaces = false } = options;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(tag)) {
    throw new LateenError(
      "LTN5363",
      `"${tag}" cannot be a tag: it goes into labels and names`,
      "Use small letters, digits and dashes, 63 at most.",
    );
  }
  if (!overwrite && tag !== DEFAULT_REVISION && (await revisionsOf(store)).includes(tag)) {
    throw new LateenError(
      "LTN5364",
      `${tag} is the name of a revision: both would inject the same namespaces`,
      "Choose another name for the tag.",
    );
  }
  return tagObjects(store, { tag, revision, autoInjectNamespaces });
}

function labelOf(tag: string): string {
  return tag === DEFAULT_REVISION ? "istio-injection=enabled" : `istio.io/rev=${tag}`;
}
