import { parseAllDocuments } from "yaml";

/** Whether a file holds an IstioOperator, which is no object of a cluster but says what to install. */
export function isOperator(text: string): boolean {
  const [document] = parseAllDocuments(text).filter(({ contents }) => contents !== null);
  return document !== undefined && document.errors.length === 0 && document.get("kind") === "IstioOperator";
}
