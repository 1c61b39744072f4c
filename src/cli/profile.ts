import { LateenError } from "../errors.ts";
import { profileSpec, profiles } from "../kubernetes/install/profiles.ts";
import { readOperatorOf } from "../kubernetes/install/read-installation.ts";
import { at } from "../kubernetes/install/tree.ts";
import { yamlOf } from "../kubernetes/install/yaml.ts";
import { differenceLines } from "./differences.ts";
import { type InstallationOptions, installationRequest } from "./installation-request.ts";
import { table } from "./table.ts";

export function list(): void {
  const rows = profiles.map(({ name, description }) => [name, description]);
  console.log(table(["PROFILE", "FOR"], rows).join("\n"));
}

export interface DumpOptions extends InstallationOptions {
  output: "yaml" | "json";
  /** Only what is at this path below spec: `values.global`. */
  configPath?: string;
}

const HEADER =
  "# For lateen install -f. Kubernetes does not know this kind: for kubectl there is lateen manifest generate.\n";

export async function dump(name: string | undefined, options: DumpOptions): Promise<void> {
  const request = await installationRequest(options);
  const sets = name === undefined ? request.sets : [`profile=${name}`, ...request.sets];
  const operator = readOperatorOf({ ...request, sets });
  const { configPath, output } = options;
  const part = configPath === undefined ? operator : at(operator, "spec", ...configPath.split("."));
  if (part === undefined) {
    throw new LateenError("LTN5312", `there is no spec.${configPath}`, "Without --config-path all is shown.");
  }
  if (output === "json") console.log(JSON.stringify(part, undefined, 2));
  else process.stdout.write((configPath === undefined ? HEADER : "") + yamlOf([part]));
}

/** Prints where two profiles differ; ends with status 1 when they do, as diff does. */
export function diff(before: string, after: string): void {
  const lines = differenceLines(profileSpec(before), profileSpec(after));
  console.log(lines.length === 0 ? "They say the same." : lines.join("\n"));
  if (lines.length > 0) process.exitCode = 1;
}
