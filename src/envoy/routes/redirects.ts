import { create } from "@bufbuild/protobuf";
import {
  RedirectAction_RedirectResponseCode as Code,
  type RedirectAction,
  RedirectActionSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import type { PathMatch, Redirect } from "../../mesh/model.ts";
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

/** 0 leaves the port out of the Location: also where it is the scheme's own, which clients expect not to see. */
function port({ port, scheme }: Redirect, listened: Listened): number {
  if (port === undefined || port === "FromProtocol") return 0;
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
