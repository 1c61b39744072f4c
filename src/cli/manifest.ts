import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LateenError } from "../errors.ts";
import { type Component, manifestsOf } from "../kubernetes/install/manifests.ts";
import { readInstallation } from "../kubernetes/install/read-installation.ts";
import { yamlOf } from "../kubernetes/install/yaml.ts";
import type { KubeObject } from "../store/object.ts";
import { differenceLines } from "./differences.ts";
import { type InstallationOptions, installationRequest } from "./installation-request.ts";
import { manifestFiles, readText } from "./kubernetes/manifest-files.ts";
import { parseManifests } from "./kubernetes/manifests.ts";

export interface GenerateOptions extends InstallationOptions {
  component?: string[];
  /** A folder to write to, a file for each component. */
  output?: string;
}

/** Prints what `lateen install` would apply, for `kubectl apply -f -`. */
export async function generate(options: GenerateOptions): Promise<void> {
  const installation = readInstallation(await installationRequest(options));
  for (const { field, message } of installation.warnings) console.error(`Warning: ${field} ${message}`);
  const components = chosen(manifestsOf(installation), options.component);
  const { output } = options;
  if (output === undefined) {
    process.stdout.write(yamlOf(components.flatMap(({ objects }) => objects)));
    return;
  }
  mkdirSync(output, { recursive: true });
  for (const { name, objects } of components) {
    // In the order in which they are to be applied, which is that of `kubectl apply -f FOLDER` too.
    const file = join(output, `${components.findIndex((one) => one.name === name) + 1}-${name}.yaml`);
    writeFileSync(file, yamlOf(objects));
    console.log(file);
  }
}

function chosen(components: Component[], names: readonly string[] | undefined): Component[] {
  if (names === undefined) return components;
  const wanted = names.map((name) => name.toLowerCase());
  const found = components.filter(({ name }) => wanted.includes(name.toLowerCase()));
  if (found.length === wanted.length) return found;
  const there = components.map(({ name }) => name).join(", ");
  throw new LateenError("LTN5310", `not all of ${names.join(", ")} are components here`, `There is ${there}.`);
}

/** Prints where two generated manifests differ; ends with status 1 when they do, as diff does. */
export function diff(before: string, after: string): void {
  const [a, b] = [objectsIn(before), objectsIn(after)];
  const lines = [...new Set([...a.keys(), ...b.keys()])].flatMap((id) => {
    const [old, now] = [a.get(id), b.get(id)];
    if (!old) return [`+ ${id}: only in ${after}`];
    if (!now) return [`- ${id}: only in ${before}`];
    const changes = differenceLines(old, now);
    return changes.length === 0 ? [] : [`~ ${id}`, ...changes];
  });
  console.log(lines.length === 0 ? "They say the same." : lines.join("\n"));
  if (lines.length > 0) process.exitCode = 1;
}

/** By `Kind namespace/name`. */
function objectsIn(path: string): Map<string, KubeObject> {
  const { manifests, unreadable } = parseManifests(path, textOf(path));
  const [bad] = unreadable;
  if (bad)
    throw new LateenError("LTN5311", `${bad.place} ${bad.problem}`, "Give two files of `lateen manifest generate`.");
  return new Map(
    manifests.map(({ object }) => {
      const { kind, metadata } = object;
      return [`${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`, object];
    }),
  );
}

/** Of a file, or of all files of a folder. */
function textOf(path: string): string {
  return manifestFiles(path, false).map(readText).join("\n---\n");
}
