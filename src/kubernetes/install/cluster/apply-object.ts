import { LateenError } from "../../../errors.ts";
import { StoreError } from "../../../store/error.ts";
import type { KubeObject } from "../../../store/object.ts";
import type { Store } from "../../../store/store.ts";
import { asApplied } from "./as-applied.ts";
import type { Journal } from "./journal.ts";
import { FIELD_MANAGER, find, nameOf, shown, typeOf } from "./objects.ts";

export type Applied = "created" | "changed" | "unchanged";

/** Server-side apply of one object of an installation, written down so that it can be taken back. */
export async function applyObject(store: Store, object: KubeObject, journal: Journal): Promise<Applied> {
  const type = typeOf(object);
  const name = nameOf(object);
  const before = await find(store, type, name);
  // Before it is done: whether a request that broke off took effect is not known.
  const step = journal.changing(object, before);
  const after = await store
    .patch(type, name, { type: "apply", body: asApplied(object, before) }, { fieldManager: FIELD_MANAGER, force: true })
    .catch((error: unknown) => {
      throw refused(object, error);
    });
  step.done(after);
  if (!before) return "created";
  return before.metadata.resourceVersion === after.metadata.resourceVersion ? "unchanged" : "changed";
}

/** What the API refuses of a single object; a lost connection concerns all of them and stays what it is. */
function refused(object: KubeObject, error: unknown): unknown {
  if (!(error instanceof StoreError) || error.reason === "ServiceUnavailable" || error.reason === "Unauthorized") {
    return error;
  }
  const remedy = error.message.includes("immutable")
    ? `It can only be made anew: kubectl delete ${object.kind.toLowerCase()} ${object.metadata.name}${inNamespace(object)}, then install again.`
    : error.reason === "Forbidden"
      ? "lateen precheck lists the rights that an installation needs."
      : "Correct what it says in the IstioOperator file or --set, and install again.";
  return new LateenError("LTN5321", `${shown(object)} is refused by the API: ${error.message}`, remedy);
}

function inNamespace({ metadata: { namespace } }: KubeObject): string {
  return namespace === undefined ? "" : ` -n ${namespace}`;
}
