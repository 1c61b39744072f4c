import { parseAllDocuments } from "yaml";
import { LateenError } from "../../errors.ts";
import { isFields } from "../../store/patch/json.ts";
import { at, type Tree } from "./tree.ts";

export interface OperatorFile {
  /** As the user knows it, for messages. */
  name: string;
  text: string;
}

export interface Operator {
  name: string;
  /** `metadata.namespace` */
  namespace: string | undefined;
  spec: Tree;
}

export const OPERATOR_API_VERSION = "install.istio.io/v1alpha1";
export const OPERATOR_KIND = "IstioOperator";
const REMEDY = `Give it one object with apiVersion: ${OPERATOR_API_VERSION}, kind: ${OPERATOR_KIND} and a spec.`;

/** One IstioOperator, as people keep it in a file. */
export function readOperator({ name, text }: OperatorFile): Operator {
  const documents = parseAllDocuments(text).filter(({ contents, errors }) => contents !== null || errors.length > 0);
  const [document, ...others] = documents;
  const bad = (why: string): LateenError => new LateenError("LTN5303", `${name}: ${why}`, REMEDY);
  if (!document) throw bad("it is empty");
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error) throw new LateenError("LTN5303", `${name}: it is not YAML: ${error.message.trimEnd()}`);
  if (others.length > 0) throw bad("it holds several objects");
  const object: unknown = document.toJS();
  for (const [field, wanted] of [
    ["apiVersion", OPERATOR_API_VERSION],
    ["kind", OPERATOR_KIND],
  ] as const) {
    const value = at(object, field);
    if (value !== wanted) throw bad(value === undefined ? `it has no ${field}` : `its ${field} is ${String(value)}`);
  }
  const spec = at(object, "spec") ?? {};
  if (!isFields(spec)) throw bad("its spec has no fields");
  const namespace = at(object, "metadata", "namespace");
  return { name, namespace: typeof namespace === "string" ? namespace : undefined, spec };
}
