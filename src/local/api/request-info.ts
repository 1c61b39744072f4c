/** What a request asks for, read from its method and path as Kubernetes does. */

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

export interface ResourceRequest {
  verb: Verb;
  group: string;
  version: string;
  /** Plural. */
  resource: string;
  /** Undefined: of all namespaces, or of none. */
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
  /** What follows the subresource, without a leading slash: the path of a proxied request. */
  rest: string;
}

/** Undefined when the path is not that of a resource: discovery, health and so on. */
export function resourceRequest(method: string, url: URL): ResourceRequest | undefined {
  const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const [root, first = "", second = ""] = parts;
  let group = "";
  let version = first;
  let rest = parts.slice(2);
  if (root === "apis") {
    group = first;
    version = second;
    rest = parts.slice(3);
  } else if (root !== "api") return undefined;
  if (!version || rest.length === 0 || rest[0] === "") return undefined;
  // The old form, /api/v1/watch/pods.
  const watch = rest[0] === "watch" || isTrue(url.searchParams.get("watch"));
  if (rest[0] === "watch") rest = rest.slice(1);
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize") {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource = "", name, subresource, ...more] = rest;
  return {
    verb: verbOf(method, name !== undefined && name !== "", watch),
    group,
    version,
    resource,
    namespace,
    name: name || undefined,
    subresource: subresource || undefined,
    rest: more.join("/"),
  };
}

export function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}

function verbOf(method: string, named: boolean, watch: boolean): Verb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return named ? "delete" : "deletecollection";
    default:
      return watch ? "watch" : named ? "get" : "list";
  }
}
