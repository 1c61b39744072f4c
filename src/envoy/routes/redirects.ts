import { create } from "@bufbuild/protobuf";
import {
  RedirectAction_RedirectResponseCode as Code,
  type RedirectAction,
  RedirectActionSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import type { HttpMatch, HttpRoute, PathMatch, Redirect } from "../../mesh/model.ts";
import { pathRewrite } from "./rewrites.ts";

const CODES: Record<Redirect["code"], Code> = {
  301: Code.MOVED_PERMANENTLY,
  302: Code.FOUND,
  303: Code.SEE_OTHER,
  307: Code.TEMPORARY_REDIRECT,
  308: Code.PERMANENT_REDIRECT,
};

export interface Listened {
  /** The port at which the client called. */
  port: number;
  /** Whether it called with TLS that ends at this proxy. */
  tls: boolean;
}

export function redirectAction(redirect: Redirect, match: PathMatch | undefined, listened: Listened): RedirectAction {
  return create(RedirectActionSchema, {
    responseCode: CODES[redirect.code],
    hostRedirect: redirect.authority ?? "",
    portRedirect: port(redirect, listened),
    ...(redirect.scheme && { schemeRewriteSpecifier: { case: "schemeRedirect", value: redirect.scheme } }),
    pathRewriteSpecifier: path(redirect, match),
  });
}

/**
 * Envoy keeps the port of the Host header where a redirect says none. For a request with one in it, a redirect that
 * takes the port of its new scheme must name it; for others it is left out, as clients expect.
 */
export function portedRedirect(route: HttpRoute, match: HttpMatch): { route: HttpRoute; match: HttpMatch }[] {
  if (route.action.type !== "Redirect" || match.authority) return [];
  const { redirect } = route.action;
  const wellKnown = WELL_KNOWN[redirect.scheme ?? ""];
  if (redirect.port !== "FromProtocol" || redirect.authority !== undefined || wellKnown === undefined) return [];
  return [
    {
      route: { ...route, action: { type: "Redirect", redirect: { ...redirect, port: { explicit: wellKnown } } } },
      match: { ...match, authority: { type: "Regex", value: ".*:[0-9]+" } },
    },
  ];
}

const WELL_KNOWN: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** 0 leaves the port out of the Location: also where it is the scheme's own, which clients expect not to see. */
function port({ port, scheme }: Redirect, listened: Listened): number {
  if (port === undefined || port === "FromProtocol") return 0;
  if (typeof port === "object") return port.explicit;
  const number = port === "FromRequest" ? listened.port : port;
  const effective = scheme ?? (listened.tls ? "https" : "http");
  return (effective === "http" && number === 80) || (effective === "https" && number === 443) ? 0 : number;
}

function path(redirect: Redirect, match: PathMatch | undefined): RedirectAction["pathRewriteSpecifier"] {
  if (!redirect.path) return { case: undefined };
  if (redirect.path.type === "Full") return { case: "pathRedirect", value: redirect.path.value };
  const rewrite = pathRewrite(redirect.path, match);
  return rewrite.type === "Prefix"
    ? { case: "prefixRewrite", value: rewrite.value }
    : { case: "regexRewrite", value: rewrite.value };
}
