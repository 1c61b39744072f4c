import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { int, shape, text, time } from "./shape.ts";

const schema = Type.Object({
  spec: Type.Optional(
    shape(
      "LeaseSpec",
      {},
      {
        acquireTime: time,
        holderIdentity: text,
        leaseDurationSeconds: int,
        leaseTransitions: int,
        preferredHolder: text,
        renewTime: time,
        strategy: text,
      },
    ),
  ),
});

export type Lease = KubeObject & Type.Static<typeof schema>;

export const leaseKind: Kind<Lease> = {
  type: { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true },
  singular: "lease",
  description: "Lease says who leads, or who is alive.",
  schema,
};
