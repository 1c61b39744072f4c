import { type Message, originOf } from "./messages.ts";

/** Messages that are known and not to be told: a code, and the objects it is about, with `*` for anything. */
export interface Suppression {
  code: string;
  /** `Pod default/web-*`, or as Istio's help has it, `Pod web-*.default`. */
  object: string;
}

/** Codes with commas between, or `*`, in an object's own annotation. */
const ANNOTATION = "galley.istio.io/analyze-suppress";

export function isSuppressed(message: Message, suppressions: readonly Suppression[]): boolean {
  const { code, object } = message;
  const own = (object.metadata.annotations?.[ANNOTATION] ?? "").split(",").map((each) => each.trim());
  if (own.includes("*") || own.includes(code)) return true;
  const { name, namespace } = object.metadata;
  const names = [originOf(object), `${object.kind} ${name}${namespace === undefined ? "" : `.${namespace}`}`];
  return suppressions.some((each) => each.code === code && names.some((origin) => matches(each.object, origin)));
}

function matches(pattern: string, text: string): boolean {
  const source = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`).test(text);
}
