import { analyze } from "../analysis/analyze.ts";
import { schemaAnalyzer } from "../analysis/analyzers/schema.ts";
import { createWorld } from "../analysis/world.ts";
import { LateenError } from "../errors.ts";
import { readInstallation } from "../kubernetes/install/read-installation.ts";
import { lines } from "./analysis-output.ts";
import { fileIn, fileSources } from "./file-sources.ts";
import { readText } from "./kubernetes/manifest-files.ts";
import { explained } from "./report.ts";

export interface ValidateOptions {
  filename: string[];
  namespace?: string;
}

/** `lateen validate`: what the API, or the installation, would refuse in files, and what it would warn of. */
export async function validate(options: ValidateOptions): Promise<void> {
  const { sources, unreadable, operators } = await fileSources(options.filename, options.namespace ?? "default");
  if (sources.length === 0 && unreadable.length === 0 && operators.length === 0) {
    throw new LateenError("LTN5067", "there is nothing to validate: no objects in what was given", "Name other files.");
  }
  const { messages } = analyze(createWorld(sources), { only: [schemaAnalyzer.name] });
  for (const { place, problem } of unreadable) console.error(`Error: ${place}: ${problem}`);
  for (const message of messages) console.error(lines(message, false).join("\n"));
  const failed = new Set([
    ...unreadable.map(({ place }) => fileIn(place)),
    ...messages.flatMap(({ level, place = "" }) => (level === "Error" ? [fileIn(place)] : [])),
    ...operators.filter((file) => !isInstallable(file)),
  ]);
  const files = new Set([...sources.map(({ place }) => fileIn(place?.() ?? "")), ...operators]);
  for (const file of files) if (!failed.has(file)) console.log(`${JSON.stringify(file)} is valid`);
  if (failed.size > 0) process.exitCode = 1;
}

/** Whether an installation could be made of the file; tells why not. */
function isInstallable(file: string): boolean {
  try {
    readInstallation({ files: [{ name: file, text: readText(file) }], sets: [] });
    return true;
  } catch (error) {
    if (!(error instanceof LateenError)) throw error;
    for (const line of explained(error)) console.error(line);
    return false;
  }
}
