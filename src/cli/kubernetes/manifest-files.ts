/** Files of manifests: which there are, and what is in them. */
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { LateenError } from "../../errors.ts";

const EXTENSIONS = /\.(ya?ml|json)$/;

/** More than anyone writes, and less than would use up the memory. */
const LIMIT_MIB = 64;

/** The file, or the files of a folder in the order of their names. */
export function manifestFiles(path: string, recursive: boolean): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = filesIn(path, recursive, new Set([realpathSync(path)]));
    if (files.length > 0) return files;
  } catch (error) {
    throw unreadable(path, error);
  }
  const remedy = recursive ? "Name another folder." : "Name another, or look into its folders too with --recursive.";
  throw new LateenError("LTN5014", `${path} has no .yaml, .yml or .json files`, remedy);
}

/** A file that a command line names. */
export function readText(file: string): string {
  try {
    if (statSync(file).size > LIMIT_MIB * 2 ** 20) throw new Error(`it is larger than ${LIMIT_MIB} MiB`);
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** `seen`: folders by their real names, since links may lead back to where one was. */
function filesIn(folder: string, recursive: boolean, seen: Set<string>): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (isFolder(entry, path)) {
      const real = realpathSync(path);
      if (!recursive || seen.has(real)) return [];
      seen.add(real);
      return filesIn(path, recursive, seen);
    }
    // A pipe or a device would be waited for.
    return EXTENSIONS.test(entry.name) && (entry.isFile() || entry.isSymbolicLink()) ? [path] : [];
  });
}

function isFolder(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unreadable(path: string, error: unknown): LateenError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LateenError("LTN5013", `${path} cannot be read: ${reason}`, "Name a file or a folder that is there.");
}
