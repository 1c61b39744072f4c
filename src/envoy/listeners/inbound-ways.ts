/** The ways in which a port of a pod is reached, as filter chains tell them apart. */
import type { Protocol } from "../../mesh/model.ts";
import type { ServerMode } from "../../mesh/security/peer-modes.ts";
import { MESH_HTTP, MESH_TCP } from "../mesh-tls.ts";
import { PLAIN_HTTP } from "./listener-filters.ts";

export interface Way {
  /** Follows the port in the chain's name. */
  name: string;
  /** Absent: any. */
  transportProtocol?: "tls" | "raw_buffer";
  applicationProtocols?: readonly string[];
  /** Mutual TLS of the mesh ends here. */
  endsTls?: true;
  /** Read as HTTP; else as bytes. */
  http?: true;
}

/**
 * Envoy takes the closest match by port, then by transport, then by application protocol, and does not come back. So no
 * chain is for everything else: where a port has none for plain text, plain text is refused. The way of the mesh's own
 * connections is the same whether plain text is taken too or not: a change between the two disturbs none of them. Plain
 * requests come another way while their senders leave plain text: when that way is gone, Envoy ends the connections that
 * proxies would go on using. Connections of bytes are for their application to end.
 */
export function waysOf(protocol: Protocol, mode: ServerMode): Way[] {
  const plain = mode === "Strict" ? [] : [unencrypted(mode)];
  const mutual = mode !== "Disable";
  const leaving = mode === "Leaving" ? "|leaving" : "";
  switch (protocol) {
    case "HTTP":
    case "HTTP2":
    case "GRPC":
      return [
        ...(mutual ? [{ name: "|mtls", transportProtocol: "tls", endsTls: true, http: true } as const] : []),
        ...plain.map((way): Way => ({ ...way, name: leaving, http: true })),
      ];
    case "Auto":
      return [
        ...(mutual ? meshHttp() : []),
        ...plain.map((way): Way => ({ ...way, name: `|http${leaving}`, applicationProtocols: PLAIN_HTTP, http: true })),
        ...bytes(mode, MESH_TCP),
      ];
    case "TCP":
    case "TLS":
    case "HTTPS":
      return bytes(mode, [...MESH_HTTP, ...MESH_TCP]);
    case "UDP":
      return [];
  }
}

function meshHttp(): Way[] {
  return [{ name: "|mtls-http", transportProtocol: "tls", applicationProtocols: MESH_HTTP, endsTls: true, http: true }];
}

/** Without mutual TLS nothing looks whether a connection starts with TLS. */
function unencrypted(mode: ServerMode): Way {
  return { name: "", ...(mode !== "Disable" && { transportProtocol: "raw_buffer" }) };
}

/** TLS that does not come from the mesh is the application's own, unless the mesh's is all that may come. */
function bytes(mode: ServerMode, ofMesh: readonly string[]): Way[] {
  if (mode === "Disable") return [unencrypted(mode)];
  const mesh: Way = { name: "|mtls", transportProtocol: "tls", applicationProtocols: ofMesh, endsTls: true };
  if (mode === "Strict") return [mesh, { name: "|tls", transportProtocol: "tls", endsTls: true }];
  return [mesh, { name: "|tls", transportProtocol: "tls" }, unencrypted(mode)];
}
