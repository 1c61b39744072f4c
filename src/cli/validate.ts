import { analyze } from "../analysis/analyze.ts";
import { schemaAnalyzer } from "../analysis/analyzers/schema.ts";
import { createWorld } from "../analysis/world.ts";
import { LateenError } from "../errors.ts";
import { lines } from "./analysis-output.ts";
import { fileSources } from "./file-sources.ts";

export interface ValidateOptions {
  filename: string[];
  namespace?: string;
}

/** `lateen validate`: what the API would refuse in files, and what it would warn of. */
export async function validate(options: ValidateOptions): Promise<void> {
  const { sources, unreadable } = await fileSources(options.filename, options.namespace ?? "default");
  if (sources.length === 0 && unreadable.length === 0) {
    throw new LateenError("LTN5067", "there is nothing to validate: no objects in what was given", "Name other files.");
  }
  const { messages } = analyze(createWorld(sources), { only: [schemaAnalyzer.name] });
  for (const { place, problem } of unreadable) console.error(`Error: ${place}: ${problem}`);
  for (const message of messages) console.error(lines(message, false).join("\n"));
  const failed = new Set([
    ...unreadable.map(({ place }) => fileOf(place)),
    ...messages.flatMap(({ level, place = "" }) => (level === "Error" ? [fileOf(place)] : [])),
  ]);
  const files = new Set(sources.map(({ place }) => fileOf(place?.() ?? "")));
  for (const file of files) if (!failed.has(file)) console.log(`${JSON.stringify(file)} is valid`);
  if (failed.size > 0) process.exitCode = 1;
}

/** `vs.yaml` of `vs.yaml:13`. */
function fileOf(place: string): string {
  return place.replace(/:\d+$/, "");
}
