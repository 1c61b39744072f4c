/** The shape of Istio's Gateway. */
import type { Type } from "typebox";
import { type IstioObject, list, shape, text, textMap, texts, uint32 } from "./common.ts";
import { ServerTls } from "./server-schema.ts";

const Server = shape(
  "Server",
  {
    port: shape("Port", { number: uint32, protocol: text, name: text }, { targetPort: uint32 }),
    hosts: texts,
  },
  { name: text, bind: text, tls: ServerTls, defaultEndpoint: text },
);
export type ServerSpec = Type.Static<typeof Server>;

export const GatewaySpec = shape("GatewaySpec", {}, { servers: list(Server), selector: textMap });
export type GatewaySpec = Type.Static<typeof GatewaySpec>;
export type Gateway = IstioObject<GatewaySpec>;
