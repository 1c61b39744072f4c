/** The rules of an AuthorizationPolicy, read as Istio reads them. */
import { isIP } from "node:net";
import type { AuthorizationRule as RuleSpec } from "../../kinds/istio/authorization-policy.ts";
import { templateProblem } from "../../kinds/istio/path-template.ts";
import type { AuthorizationRule, Condition } from "./authorization-model.ts";
import {
  claimPath,
  hostMatches,
  jwtPrincipal,
  namespaceOf,
  pathMatch,
  principalOf,
  serviceAccountOf,
  textMatch,
  trustDomainOf,
} from "./authorization-values.ts";
import { type TrustDomains, withAliases, withTrustDomainAliases } from "./trust-domains.ts";

export interface RuleContext {
  /** Of the policy: service accounts without a namespace are of this one. */
  namespace: string;
  trustDomains: TrustDomains;
}

type Source = NonNullable<NonNullable<RuleSpec["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<RuleSpec["to"]>[number]["operation"]>;

/** A list and its not-form, as they are written. */
interface Texts {
  values?: readonly string[] | undefined;
  notValues?: readonly string[] | undefined;
}

export function ruleOf(context: RuleContext, { from = [], to = [], when = [] }: RuleSpec): AuthorizationRule {
  return {
    from: from.length > 0 ? from.map(({ source = {} }) => conditions(context, sourceParts(source))) : [[]],
    to: to.length > 0 ? to.map(({ operation = {} }) => conditions(context, operationParts(operation))) : [[]],
    when: when.flatMap(({ key, ...texts }) => conditions(context, [[key, texts]])),
  };
}

/** Sources are conditions too, under the keys that `when` has for them. */
function sourceParts(source: Source): [string, Texts][] {
  return [
    ["source.principal", { values: source.principals, notValues: source.notPrincipals }],
    ["request.auth.principal", { values: source.requestPrincipals, notValues: source.notRequestPrincipals }],
    ["source.serviceAccount", { values: source.serviceAccounts, notValues: source.notServiceAccounts }],
    ["source.trustDomain", { values: source.trustDomains, notValues: source.notTrustDomains }],
    ["source.namespace", { values: source.namespaces, notValues: source.notNamespaces }],
    ["remote.ip", { values: source.remoteIpBlocks, notValues: source.notRemoteIpBlocks }],
    ["source.ip", { values: source.ipBlocks, notValues: source.notIpBlocks }],
  ];
}

const HOST = "operation.host";
const METHOD = "operation.method";
const PATH = "operation.path";

function operationParts(operation: Operation): [string, Texts][] {
  return [
    [HOST, { values: operation.hosts, notValues: operation.notHosts }],
    [METHOD, { values: operation.methods, notValues: operation.notMethods }],
    [PATH, { values: operation.paths, notValues: operation.notPaths }],
    ["destination.port", { values: operation.ports, notValues: operation.notPorts }],
  ];
}

function conditions(context: RuleContext, parts: readonly (readonly [string, Texts])[]): Condition[] {
  return parts.flatMap(([key, { values = [], notValues = [] }]) =>
    values.length + notValues.length > 0 ? [condition(context, key, values, notValues)] : [],
  );
}

function condition(
  { namespace, trustDomains }: RuleContext,
  key: string,
  values: readonly string[],
  notValues: readonly string[],
): Condition {
  const both = <T>(read: (text: string) => T) => ({ values: values.map(read), notValues: notValues.map(read) });
  const known = (valid: (text: string) => boolean): boolean => [...values, ...notValues].every(valid);
  const unknown: Condition = { on: "Unknown", what: key };
  switch (key) {
    case "source.principal": {
      const expand = (list: readonly string[]) => withAliases(trustDomains, list).map(principalOf);
      return { on: "Peer", values: expand(values), notValues: expand(notValues) };
    }
    case "source.trustDomain": {
      const expand = (list: readonly string[]) => withTrustDomainAliases(trustDomains, list).map(trustDomainOf);
      return { on: "Peer", values: expand(values), notValues: expand(notValues) };
    }
    case "source.namespace":
      return { on: "Peer", ...both(namespaceOf) };
    case "source.serviceAccount":
      return { on: "Peer", ...both((text) => serviceAccountOf(namespace, text)) };
    case "source.ip":
      return known(isCidr) ? { on: "SourceIp", ...both(String) } : unknown;
    case "remote.ip":
      return known(isCidr) ? { on: "RemoteIp", ...both(String) } : unknown;
    case "destination.ip":
      return known(isCidr) ? { on: "DestinationIp", ...both(String) } : unknown;
    case "destination.port":
      return known(isPort) ? { on: "DestinationPort", ...both(Number) } : unknown;
    case "connection.sni":
      return { on: "Sni", ...both(textMatch) };
    case "request.auth.principal":
      return { on: "RequestPrincipal", ...both(jwtPrincipal) };
    case "request.auth.audiences":
      return { on: "Claim", path: ["aud"], ...both(textMatch) };
    case "request.auth.presenter":
      return { on: "Claim", path: ["azp"], ...both(textMatch) };
    case HOST:
      return { on: "Host", values: values.flatMap(hostMatches), notValues: notValues.flatMap(hostMatches) };
    case METHOD:
      return { on: "Header", name: ":method", ...both(textMatch) };
    case PATH:
      return known((text) => templateProblem(text) === undefined) ? { on: "Path", ...both(pathMatch) } : unknown;
    default:
      return keyed(key, both) ?? unknown;
  }
}

/** Keys with a name in brackets; undefined for names that Envoy would refuse, and the whole listener with them. */
function keyed(
  key: string,
  both: <T>(read: (text: string) => T) => { values: T[]; notValues: T[] },
): Condition | undefined {
  const header = /^request\.headers\[(:?[\w!#$%&'*+.^`|~-]+)\]$/.exec(key)?.[1];
  if (header !== undefined) return { on: "Header", name: header.toLowerCase(), ...both(textMatch) };
  const claims = /^request\.auth\.claims(\[.+\])$/.exec(key)?.[1];
  const path = claims === undefined ? [] : claimPath(claims);
  if (path.length > 0) return path.includes("") ? undefined : { on: "Claim", path, ...both(textMatch) };
  const [, filter, entry] = /^experimental\.(envoy\.filters\.[^[]+)\[(.+)\]$/.exec(key) ?? [];
  if (filter === undefined || entry === undefined) return undefined;
  const inList = (text: string) => /^\[.*\]$/.test(text);
  const read = (text: string) => ({ ...textMatch(inList(text) ? text.slice(1, -1) : text), inList: inList(text) });
  return { on: "Metadata", filter, key: entry, ...both(read) };
}

function isCidr(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= 65535;
}
