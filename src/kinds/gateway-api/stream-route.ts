/** What TLSRoute and TCPRoute share: one rule, which says where connections go. */
import { type Static, Type } from "typebox";
import type { Problem } from "../kind.ts";
import { checkBackendPort, checkParentRefs } from "./checks.ts";
import { atomicList, hostname, parentRefs, sectionName, weightedBackend } from "./common.ts";

const rules = atomicList(
  Type.Object({
    name: Type.Optional(sectionName()),
    backendRefs: atomicList(Type.Object(weightedBackend), { minItems: 1, maxItems: 16 }),
  }),
  { minItems: 1, maxItems: 1 },
);

export const streamSpec = Type.Object({ parentRefs: parentRefs(), rules });
export type StreamSpec = Static<typeof streamSpec>;

export const tlsSpec = Type.Object({
  parentRefs: parentRefs(),
  hostnames: atomicList(hostname(), {
    minItems: 1,
    maxItems: 1024,
    description: "Names that clients ask for in the TLS handshake.",
  }),
  rules,
});
export type TlsSpec = Static<typeof tlsSpec>;

export function checkStreamRoute({ parentRefs = [], rules }: StreamSpec): Problem[] {
  return [
    ...checkParentRefs(parentRefs),
    ...rules.flatMap(({ backendRefs }, i) =>
      backendRefs.flatMap((backend, j) => checkBackendPort(backend, `spec.rules[${i}].backendRefs[${j}]`)),
    ),
  ];
}
