import type { IncomingMessage, ServerResponse } from "node:http";
import type { Graph } from "../engine/graph.ts";
import type { PassReport } from "../engine/types.ts";
import type { MeshRows } from "../envoy/wire/mesh-rows.ts";
import { version } from "../version.ts";
import type { Hub } from "../xds/hub.ts";
import { authorizationAnswer } from "./authorization-answers.ts";
import { authorityAccount, certificatesAccount, type IdentityAccount } from "./debug-identity.ts";

/** Passes kept for `/debug/passes`. */
const PASSES_KEPT = 50;

type Answer = object | undefined;

/**
 * The control plane's own account of itself, as JSON, under Istio's paths where Istio has them. It is reached through
 * the Kubernetes API only, which has checked who asks. Nothing secret is in it.
 *
 * - `/debug/syncz`: every proxy, what it was sent, and whether it is in sync
 * - `/debug/holdings?proxy=ID`: the names and versions that a proxy holds
 * - `/debug/authz?pod=NS/NAME`: the AuthorizationPolicies in force at a pod, and what they do with a call
 * - `/debug/passes`: what the last passes of the engine recomputed
 * - `/debug/explain?collection=NAME&key=KEY`: why a row was last recomputed
 * - `/debug/failures`: rows that cannot be computed, and why
 * - `/debug/certificates`: whose certificate each proxy has, and how long it is good
 * - `/debug/ca`: who issues certificates and whom all trust, also while one CA replaces another
 * - `/debug/version`: which version runs
 */
export function debugHandler(
  graph: Graph,
  hub: Hub,
  mesh: MeshRows,
  identity: IdentityAccount,
): (request: IncomingMessage, response: ServerResponse) => void {
  const passes: PassReport[] = [];
  graph.onPass((report) => {
    passes.push(report);
    if (passes.length > PASSES_KEPT) passes.shift();
  });
  const routes: Record<string, (query: URLSearchParams) => Answer> = {
    "/debug/syncz": () => hub.status(),
    "/debug/holdings": (query) => hub.holdings(query.get("proxy") ?? ""),
    "/debug/authz": (query) => authorizationAnswer(mesh, query),
    "/debug/passes": () => passes,
    "/debug/failures": () => graph.failures().map((failure) => ({ ...failure, error: String(failure.error) })),
    "/debug/certificates": () => certificatesAccount(identity),
    "/debug/ca": () => authorityAccount(identity),
    "/debug/version": () => ({ version: version() }),
    "/debug/explain": (query) => {
      const stage = graph.collections().find(({ name }) => name === query.get("collection"));
      const why = stage && graph.explain(stage, query.get("key") ?? "");
      return why;
    },
  };
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://istiod");
    const answer = request.method === "GET" ? routes[url.pathname]?.(url.searchParams) : undefined;
    const status = answer === undefined ? 404 : 200;
    const body = answer ?? { message: `there is nothing at ${url.pathname}; see ${Object.keys(routes).join(", ")}` };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
  };
}
