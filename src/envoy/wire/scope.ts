/**
 * Proxies with the same scope see the same resource under a name. A scope is the mesh's scope of the client (its
 * namespace and whatever else routing looks at), and how the proxy is served.
 */
export type Scope = (
  | { type: "Sidecar"; delivery: "Lazy" | "Eager"; client: string }
  | { type: "Gateway"; workload: string; client: string }
) & {
  /** Where the proxy has its certificate from; absent: from the control plane. */
  identity?: "Socket";
};

/** Before the scope of proxies that have their certificates from elsewhere. */
const SOCKET = "socket ";

export function formatScope(scope: Scope): string {
  const who =
    scope.type === "Sidecar"
      ? `sidecar ${scope.delivery} ${scope.client}`
      : `gateway ${scope.workload} ${scope.client}`;
  return scope.identity ? `${SOCKET}${who}` : who;
}

/** The inverse of `formatScope`; undefined for what it did not make. */
export function parseScope(text: string): Scope | undefined {
  if (text.startsWith(SOCKET)) {
    const scope = parseScope(text.slice(SOCKET.length));
    return scope && { ...scope, identity: "Socket" };
  }
  const [type, second = "", ...rest] = text.split(" ");
  const client = rest.join(" ");
  if (type === "gateway") return { type: "Gateway", workload: second, client };
  if (type === "sidecar" && (second === "Lazy" || second === "Eager")) {
    return { type: "Sidecar", delivery: second, client };
  }
  return undefined;
}
