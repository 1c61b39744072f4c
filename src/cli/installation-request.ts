import { text as readAll } from "node:stream/consumers";
import type { InstallationRequest } from "../kubernetes/install/read-installation.ts";
import { readText } from "./kubernetes/manifest-files.ts";

export interface InstallationOptions {
  filename?: string[];
  set?: string[];
  revision?: string;
}

/** The IstioOperator files and flags of a command line. */
export async function installationRequest(options: InstallationOptions): Promise<InstallationRequest> {
  const { filename = [], set: sets = [], revision } = options;
  return { files: await readFiles(filename), sets, ...(revision !== undefined && { revision }) };
}

/** Files as Istio's users name them: several `-f`, or one with commas; `-` is standard input. */
export async function readFiles(filenames: readonly string[]): Promise<{ name: string; text: string }[]> {
  const names = filenames.flatMap((name) => name.split(","));
  return Promise.all(
    names.map(async (name) => ({ name, text: name === "-" ? await readAll(process.stdin) : readText(name) })),
  );
}
