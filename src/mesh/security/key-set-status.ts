/** Keys that cannot be fetched, as conditions of the RequestAuthentications that name them. */
import type { Collection } from "../../engine/collection.ts";
import type { Graph } from "../../engine/graph.ts";
import { requestAuthenticationKind } from "../../kinds/istio/request-authentication.ts";
import type { MeshInputs } from "../inputs.ts";
import type { StatusRow } from "../status-row.ts";
import { keySetKey, type RequestAuthenticationRow, type RequestAuthentications } from "./request-authentication.ts";

/** A policy may have thousands of rules; a status must stay readable, and small enough to be stored. */
const MOST_MESSAGES = 10;

type Inputs = Pick<MeshInputs, "requestAuthentications" | "keySetProblems">;

export function wireKeySetStatuses(
  graph: Graph,
  { requestAuthentications, keySetProblems }: Inputs,
  { rows, keySets }: RequestAuthentications,
): Collection<StatusRow> {
  return graph.derive<RequestAuthenticationRow, StatusRow>("problems of keys", rows, (key, { origin, rules }, read) => {
    const messages = rules.flatMap(({ keys }, i) => {
      const problem = "source" in keys ? read.get(keySetProblems, keySetKey(keys.source)) : undefined;
      if (problem === undefined || !("source" in keys)) return [];
      const meanwhile =
        read.get(keySets, keySetKey(keys.source)) === undefined
          ? "its tokens are refused"
          : "the keys that were fetched before stay in force";
      return [`spec.jwtRules[${i}]: ${problem} Until then ${meanwhile}.`];
    });
    if (messages.length === 0) return undefined;
    const { namespace, name } = origin;
    const generation = read.get(requestAuthentications, key)?.metadata.generation ?? 0;
    const condition = {
      type: "KeysAvailable",
      status: "False",
      reason: "KeysNotFetched",
      message: shortened(messages).join("\n"),
      observedGeneration: generation,
    };
    const status = { conditions: [condition], observedGeneration: generation };
    return { type: requestAuthenticationKind.type, namespace, name, status };
  });
}

function shortened(messages: readonly string[]): readonly string[] {
  const more = messages.length - MOST_MESSAGES;
  return more <= 0 ? messages : [...messages.slice(0, MOST_MESSAGES), `… and ${more} more`];
}
