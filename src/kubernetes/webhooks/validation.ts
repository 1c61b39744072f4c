import { equal } from "../../engine/equal.ts";
import type { Kind } from "../../kinds/kind.ts";
import { problemsOf, warningsOf } from "../../store/check/check.ts";
import type { StatusCause } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Judge } from "./server.ts";

/** An object that carries it is refused, so that it can be seen that validation answers. Istio's name. */
export const ALWAYS_REJECT = "internal.istio.io/webhook-always-reject";

/** Refuses what the kinds do not allow, in the words of the one-machine world; warns of what is likely a mistake. */
export function validationWebhook(kinds: readonly Kind[]): Judge {
  const known = new Map(kinds.map((kind) => [`${kind.type.group}/${kind.type.kind}`, kind]));
  return async ({ kind: asked, operation, object, oldObject }) => {
    const kind = known.get(`${asked.group}/${asked.kind}`);
    if (!kind || (operation !== "CREATE" && operation !== "UPDATE")) return {};
    if (object.metadata.annotations?.[ALWAYS_REJECT] !== undefined) {
      return { refusal: { code: 422, reason: "Invalid", message: `the object asks for it (${ALWAYS_REJECT})` } };
    }
    // What is invalid already must not be kept from ending, or from a change beside what is wrong with it.
    if (object.metadata.deletionTimestamp !== undefined || (oldObject && sameContent(object, oldObject))) return {};
    const causes = problemsOf(kind, object);
    if (causes.length > 0) {
      return { refusal: { code: 422, reason: "Invalid", message: texts(causes).join("; "), causes } };
    }
    return { warnings: warningsOf(kind, object) };
  };
}

function sameContent(object: KubeObject, old: KubeObject): boolean {
  return equal(contentOf(object), contentOf(old));
}

/** All but what people do not write. */
function contentOf({ metadata: _, status: __, apiVersion: ___, ...content }: KubeObject): object {
  return content;
}

function texts(causes: readonly StatusCause[]): string[] {
  return causes.map(({ field, message }) => `${field}: ${message}`);
}
