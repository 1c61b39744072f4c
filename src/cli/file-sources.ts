/** Objects of files, for analysis and validation: with their places, and in the namespace into which they would go. */
import { statSync } from "node:fs";
import { groupOf, kindOf, type Source } from "../analysis/sources.ts";
import { type Manifest, readManifests, type Unreadable } from "./kubernetes/manifests.ts";

export interface FileSources {
  sources: Source[];
  unreadable: Unreadable[];
  /** What was read: as it was named. */
  names: string[];
  /** Files that hold an IstioOperator: what is to be installed, and no object of an API. */
  operators: string[];
}

const EXTENSIONS = /\.(ya?ml|json)$/;

/** For programs (lateen install, kubectl), not for an API: their documents need no name. */
const OPERATOR = "install.istio.io";
const NO_OBJECTS = [OPERATOR, "kustomize.config.k8s.io"];

export async function fileSources(paths: readonly string[], namespace: string): Promise<FileSources> {
  const names = paths.filter((path) => {
    const readable = path === "-" || EXTENSIONS.test(path) || !isFile(path);
    if (!readable) console.error(`Skipping ${path}: its name does not end in .yaml, .yml or .json.`);
    return readable;
  });
  const { manifests, unreadable } = await readManifests(names, true);
  const named = manifests.map(({ object, place }) => ({ apiVersion: object.apiVersion, place: place() }));
  const operators = [...named, ...unreadable].filter(({ apiVersion = "" }) => groupOf(apiVersion) === OPERATOR);
  return {
    sources: manifests.map((manifest) => inNamespace(manifest, namespace)),
    unreadable: unreadable.filter(({ apiVersion = "" }) => !NO_OBJECTS.includes(groupOf(apiVersion))),
    names,
    operators: [...new Set(operators.map(({ place }) => fileIn(place)))],
  };
}

/** `vs.yaml` of `vs.yaml:13`. */
export function fileIn(place: string): string {
  return place.replace(/:\d+$/, "");
}

function inNamespace({ object, place }: Manifest, namespace: string): Source {
  const { metadata } = object;
  if (metadata.namespace !== undefined || !kindOf(object)?.type.namespaced) return { object, place };
  return { object: { ...object, metadata: { ...metadata, namespace } }, place };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
