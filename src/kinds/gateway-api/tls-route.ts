/** TLSRoute: where TLS connections go, by the name that the client asks for. */
import { isIP } from "node:net";
import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { problem } from "./checks.ts";
import { GROUP, routeStatus } from "./common.ts";
import { checkStreamRoute, type TlsSpec, tlsSpec } from "./stream-route.ts";

const schema = Type.Object({ spec: tlsSpec, status: Type.Optional(routeStatus) });

export interface TlsRouteObject extends KubeObject {
  spec: TlsSpec;
}

export const tlsRouteKind: Kind<TlsRouteObject> = {
  type: { group: GROUP, version: "v1", plural: "tlsroutes", kind: "TLSRoute", namespaced: true },
  singular: "tlsroute",
  categories: ["gateway-api"],
  description: "Where TLS connections go, by the name in their handshake.",
  schema,
  status: true,
  columns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
  defaults: (route) => withSchemaDefaults(schema, route),
  validate: ({ spec }) => [
    ...checkStreamRoute(spec),
    ...spec.hostnames.flatMap((host, i) =>
      isIP(host) === 0
        ? []
        : problem("value", `spec.hostnames[${i}]`, "Hostnames cannot contain an IP", "write a DNS name"),
    ),
  ],
};
