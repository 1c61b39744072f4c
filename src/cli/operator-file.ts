import { readFileSync, statSync } from "node:fs";
import { parseAllDocuments } from "yaml";

/** Whether a text is an IstioOperator, which is no object of a cluster but says what to install. */
export function isOperator(text: string): boolean {
  const [document] = parseAllDocuments(text).filter(({ contents }) => contents !== null);
  return document !== undefined && document.errors.length === 0 && document.get("kind") === "IstioOperator";
}

/** Whether all of these are files of that kind: then to apply them is to install. */
export function areOperators(filenames: readonly string[]): boolean {
  const isFile = (name: string): boolean => statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  return filenames.every((name) => isFile(name) && isOperator(readFileSync(name, "utf8")));
}
