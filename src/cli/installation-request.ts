import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { LateenError } from "../errors.ts";
import type { InstallationRequest } from "../kubernetes/install/read-installation.ts";

export interface InstallationOptions {
  filename?: string[];
  set?: string[];
  revision?: string;
}

/** The IstioOperator files and flags of a command line. */
export async function installationRequest(options: InstallationOptions): Promise<InstallationRequest> {
  const names = (options.filename ?? []).flatMap((name) => name.split(","));
  const files: InstallationRequest["files"] = await Promise.all(
    names.map(async (name) => ({ name, text: name === "-" ? await readAll(process.stdin) : read(name) })),
  );
  const { set: sets = [], revision } = options;
  return { files, sets, ...(revision !== undefined && { revision }) };
}

function read(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LateenError("LTN5013", `${name} cannot be read: ${why}`, "Name a file that is there.");
  }
}
