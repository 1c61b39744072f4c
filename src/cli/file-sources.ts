/** Objects of files, for analysis and validation: with their places, and in the namespace into which they would go. */
import { statSync } from "node:fs";
import { groupOf, kindOf, type Source } from "../analysis/sources.ts";
import { type Manifest, readManifests, type Unreadable } from "./kubernetes/manifests.ts";

export interface FileSources {
  sources: Source[];
  unreadable: Unreadable[];
  /** What was read: as it was named. */
  names: string[];
}

const EXTENSIONS = /\.(ya?ml|json)$/;

/** For programs (kubectl, lateen install), not for an API: their documents need no name. */
const NO_OBJECTS = ["kustomize.config.k8s.io", "install.istio.io"];

export async function fileSources(paths: readonly string[], namespace: string): Promise<FileSources> {
  const names = paths.filter((path) => {
    const readable = path === "-" || EXTENSIONS.test(path) || !isFile(path);
    if (!readable) console.error(`Skipping ${path}: its name does not end in .yaml, .yml or .json.`);
    return readable;
  });
  const { manifests, unreadable } = await readManifests(names, true);
  return {
    sources: manifests.map((manifest) => inNamespace(manifest, namespace)),
    unreadable: unreadable.filter(({ apiVersion = "" }) => !NO_OBJECTS.includes(groupOf(apiVersion))),
    names,
  };
}

function inNamespace({ object, place }: Manifest, namespace: string): Source {
  const { metadata } = object;
  if (metadata.namespace !== undefined || !kindOf(object)?.type.namespaced) return { object, place };
  return { object: { ...object, metadata: { ...metadata, namespace } }, place };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
