/** RequestAuthentications as rows, which keys they want, and what they come to for a workload. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import { readKeySet } from "../../kinds/istio/key-set.ts";
import type { JwtRule, RequestAuthentication } from "../../kinds/istio/request-authentication-schema.ts";
import { milliseconds } from "../http-action.ts";
import type { MeshInputs } from "../inputs.ts";
import type { MeshSettings, ObjectRef } from "../model.ts";
import {
  type PolicyHead,
  type PolicySelection,
  type PolicySubject,
  policyHead,
  selectedPolicies,
  wirePolicySelection,
} from "./policy-selection.ts";

/** Which tokens a workload takes as proof of who asks. A request without one passes. */
export interface Authentication {
  origins: readonly ObjectRef[];
  /** By issuer; never empty. */
  issuers: readonly TokenIssuer[];
}

/** Tokens of one issuer: where they are found, how they are verified, what becomes of their claims. */
export interface TokenIssuer {
  /** "": whoever they say. */
  issuer: string;
  /** Empty: any. */
  audiences: readonly string[];
  /** A JSON Web Key Set; "" while no key is known: then none of its tokens is valid. */
  jwks: string;
  headers: readonly { name: string; prefix: string }[];
  params: readonly string[];
  cookies: readonly string[];
  /** Whether the token itself goes on to the workload. */
  forward: boolean;
  payloadHeader?: string;
  claimHeaders: readonly { header: string; claim: string }[];
  /** Claims that are lists, written with spaces between. */
  spaceDelimitedClaims: readonly string[];
}

/** A key set that is got over the network: from its URI, or by way of what its issuer says of itself there. */
export interface KeySetSource {
  from: "Uri" | "Issuer";
  url: string;
  timeoutMs: number;
}

export type IssuerRow = Omit<TokenIssuer, "jwks"> & { keys: { jwks: string } | { source: KeySetSource } };

export interface RequestAuthenticationRow extends PolicyHead {
  rules: readonly IssuerRow[];
}

export interface RequestAuthentications extends PolicySelection<RequestAuthenticationRow> {
  rows: Collection<RequestAuthenticationRow>;
  /** Key sets that some policy needs fetched, by `keySetKey`. */
  wanted: Collection<KeySetSource>;
  /** Fetched, by the same key. */
  keySets: Collection<string>;
}

export function wireRequestAuthentications(
  graph: Graph,
  { requestAuthentications, keySets }: Pick<MeshInputs, "requestAuthentications" | "keySets">,
  settings: Collection<MeshSettings>,
): RequestAuthentications {
  const rows = graph.derive<RequestAuthentication, RequestAuthenticationRow>(
    "request authentications",
    requestAuthentications,
    (_key, object) => ({
      ...policyHead("security.istio.io/RequestAuthentication", object),
      rules: (object.spec?.jwtRules ?? []).map(ruleOf),
    }),
  );
  const wanted = graph.deriveMany<RequestAuthenticationRow, KeySetSource>("wanted key sets", rows, (_key, { rules }) =>
    rules.flatMap(({ keys }) => ("source" in keys ? [[keySetKey(keys.source), keys.source] as const] : [])),
  );
  return { ...wirePolicySelection(graph, rows, settings), rows, wanted, keySets };
}

export function keySetKey({ from, url }: KeySetSource): string {
  return `${from} ${url}`;
}

/** Undefined when no policy is for the workload: then tokens are not looked at. */
export function authenticationOf(
  policies: RequestAuthentications,
  read: Reader,
  subject: PolicySubject,
): Authentication | undefined {
  const selected = selectedPolicies(policies, read, subject);
  const issuers = selected.flatMap(({ rules }) =>
    rules.map(({ keys, ...rule }) => ({ ...rule, jwks: keySetOf(policies, read, keys) })),
  );
  if (issuers.length === 0) return undefined;
  return {
    origins: selected.map(({ origin }) => origin),
    // where a request has two valid tokens, the claims are those of the first in this order
    issuers: issuers.sort((a, b) => (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0)),
  };
}

function keySetOf({ keySets }: RequestAuthentications, read: Reader, keys: IssuerRow["keys"]): string {
  return "jwks" in keys ? keys.jwks : (read.get(keySets, keySetKey(keys.source)) ?? "");
}

function ruleOf(rule: JwtRule): IssuerRow {
  return {
    issuer: rule.issuer ?? "",
    audiences: rule.audiences ?? [],
    keys: keysOf(rule),
    headers: (rule.fromHeaders ?? []).map(({ name, prefix = "" }) => ({ name, prefix })),
    params: rule.fromParams ?? [],
    cookies: rule.fromCookies ?? [],
    forward: rule.forwardOriginalToken ?? false,
    ...(rule.outputPayloadToHeader && { payloadHeader: rule.outputPayloadToHeader }),
    claimHeaders: rule.outputClaimToHeaders ?? [],
    spaceDelimitedClaims: rule.spaceDelimitedClaims ?? [],
  };
}

const FETCH_TIMEOUT_MS = 5_000;

function keysOf(rule: JwtRule): IssuerRow["keys"] {
  if (rule.jwks) {
    const read = readKeySet(rule.jwks);
    return { jwks: "fault" in read || read.size === 0 ? "" : read.jwks };
  }
  const uri = rule.jwksUri || rule.jwks_uri;
  const timeoutMs = milliseconds(rule.timeout) ?? FETCH_TIMEOUT_MS;
  return {
    source: uri ? { from: "Uri", url: uri, timeoutMs } : { from: "Issuer", url: rule.issuer ?? "", timeoutMs },
  };
}
