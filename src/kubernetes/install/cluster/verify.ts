/** Whether what was installed is there, as it was installed, and works. */
import { LateenError } from "../../../errors.ts";
import { StoreError } from "../../../store/error.ts";
import type { KubeObject } from "../../../store/object.ts";
import { type Difference, differences } from "./drift.ts";
import { inBatches } from "./in-batches.ts";
import type { KubeApi } from "./kube-api.ts";
import { find, nameOf, typeOf } from "./objects.ts";
import { missing } from "./rolled-out.ts";
import { whyNotReady } from "./why-not-ready.ts";

export interface Checked {
  object: KubeObject;
  /** None: it is as it should be. */
  problems: Problem[];
}

export interface Problem {
  message: string;
  remedy?: string;
}

/** In the order of the objects. */
export function verify(api: KubeApi, objects: readonly KubeObject[]): Promise<Checked[]> {
  return inBatches(objects, async (object) => ({ object, problems: await problemsOf(api, object) }));
}

async function problemsOf(api: KubeApi, object: KubeObject): Promise<Problem[]> {
  try {
    const live = await find(api.store, typeOf(object), nameOf(object));
    if (!live) return [{ message: "it is not there" }];
    const drift = (await differences(api.store, object, live)).map(different);
    return [...drift, ...(await notWorking(api, live))];
  } catch (error) {
    if (error instanceof LateenError)
      return [{ message: error.message, ...(error.remedy && { remedy: error.remedy }) }];
    if (!(error instanceof StoreError) || error.reason === "ServiceUnavailable" || error.reason === "Unauthorized") {
      throw error;
    }
    return [{ message: `it cannot be compared: ${error.message}` }];
  }
}

function different({ field, wanted, found }: Difference): Problem {
  const message =
    wanted === undefined
      ? `${field} should not be there, and is ${text(found)}`
      : `${field} should be ${text(wanted)}, and is ${found === undefined ? "not there" : text(found)}`;
  return { message };
}

async function notWorking(api: KubeApi, live: KubeObject): Promise<Problem[]> {
  const lacks = missing(live);
  if (lacks === undefined) return [];
  const reasons = await whyNotReady(api, live);
  const why = reasons.map(({ text, remedy }) => ({ message: text, ...(remedy !== undefined && { remedy }) }));
  return [{ message: `it is not ready: ${lacks}` }, ...why];
}

/** A value in a line: JSON, cut short. */
function text(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
}
