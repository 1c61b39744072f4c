/** TCPRoute: where the connections of a port go. */
import { Type } from "typebox";
import type { KubeObject } from "../../store/object.ts";
import type { Kind } from "../kind.ts";
import { withSchemaDefaults } from "../schema-defaults.ts";
import { GROUP, routeStatus } from "./common.ts";
import { checkStreamRoute, type StreamSpec, streamSpec } from "./stream-route.ts";

const schema = Type.Object({ spec: streamSpec, status: Type.Optional(routeStatus) });

export interface TcpRouteObject extends KubeObject {
  spec: StreamSpec;
}

export const tcpRouteKind: Kind<TcpRouteObject> = {
  type: { group: GROUP, version: "v1", plural: "tcproutes", kind: "TCPRoute", namespaced: true },
  singular: "tcproute",
  categories: ["gateway-api"],
  description: "Where the connections of a listener's port go.",
  schema,
  status: true,
  columns: [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }],
  defaults: (route) => withSchemaDefaults(schema, route),
  validate: ({ spec }) => checkStreamRoute(spec),
};
