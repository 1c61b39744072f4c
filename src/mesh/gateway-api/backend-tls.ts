/** BackendTLSPolicies: how the gateways of the Gateway API speak TLS to Services, and what they show there. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Index } from "../../engine/index-of.ts";
import { type BackendTlsPolicySpec, backendTlsPolicyKind } from "../../kinds/gateway-api/backend-tls-policy.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Credentials } from "../credentials.ts";
import type { HeldCredential } from "../held-credential.ts";
import type { ClientTls, Service } from "../model.ts";
import { clientRoots } from "./certificates.ts";
import type { Fault } from "./conditions.ts";
import type { GatewayRow } from "./gateways.ts";
import type { Grants } from "./grants.ts";
import { type Parsed, parsedObjects } from "./objects.ts";

/** Key `namespace/name`. */
export interface BackendTlsPolicy {
  namespace: string;
  name: string;
  generation: number;
  createdAt: number;
  /** `namespace/name|port's name`, without a port's name for all of a Service. */
  targets: readonly string[];
  /** Undefined where no server could be trusted: nothing is sent then. */
  tls?: ClientTls;
  refFault?: Fault;
}

export interface BackendTls {
  policies: Collection<BackendTlsPolicy>;
  byTarget: Index<BackendTlsPolicy>;
  /** By the name under which proxies ask for the roots. */
  byRoots: Index<BackendTlsPolicy>;
  /** By gateway workload. */
  byWorkload: Index<GatewayRow>;
}

interface Sources {
  backendTlsPolicies: Collection<KubeObject>;
  credentials: Credentials;
  grants: Grants;
  gateways: Collection<GatewayRow>;
}

export function wireBackendTls(graph: Graph, sources: Sources): BackendTls {
  const parsed = parsedObjects(graph, backendTlsPolicyKind, sources.backendTlsPolicies);
  const policies = graph.derive("backend TLS policies", parsed, (_key, policy, read) =>
    resolved(policy, sources, read),
  );
  return {
    policies,
    byTarget: graph.index(policies, "target", ({ targets }) => targets),
    byRoots: graph.index(policies, "roots", ({ tls }) => (tls?.roots ? [tls.roots.resource] : [])),
    byWorkload: graph.index(sources.gateways, "gateway workload", ({ workloads }) => workloads),
  };
}

function resolved(
  { namespace, name, generation, createdAt, spec }: Parsed<BackendTlsPolicySpec>,
  { credentials, grants }: Sources,
  read: Reader,
): BackendTlsPolicy {
  const { hostname, subjectAltNames = [], caCertificateRefs = [], wellKnownCACertificates } = spec.validation;
  const from = { kind: "BackendTLSPolicy", namespace };
  const { held, fault } = clientRoots(caCertificateRefs, { read, credentials, grants, from });
  const names = subjectAltNames.flatMap((each) => each.hostname ?? each.uri ?? []);
  const trusts = held !== undefined || wellKnownCACertificates === "System";
  return {
    namespace,
    name,
    generation,
    createdAt,
    targets: spec.targetRefs
      .filter(({ group, kind }) => group === "" && kind === "Service")
      .map((target) => `${namespace}/${target.name}|${target.sectionName ?? ""}`),
    ...(trusts && {
      tls: {
        mode: "Simple",
        sni: hostname,
        subjectAltNames: names.length > 0 ? names : [hostname],
        ...(held && { roots: held }),
      },
    }),
    ...faultOf(fault, wellKnownCACertificates),
  };
}

function faultOf(fault: Fault | undefined, wellKnown: string | undefined): { refFault?: Fault } {
  // for policies the Gateway API has one name for this, for listeners another
  if (fault?.reason === "InvalidCACertificateKind") return { refFault: { ...fault, reason: "InvalidKind" } };
  if (fault) return { refFault: fault };
  if (wellKnown === undefined || wellKnown === "System") return {};
  const message = `wellKnownCACertificates ${wellKnown} is not known: use System`;
  return { refFault: { reason: "InvalidCACertificateRef", message } };
}

/** The policy that holds at a port: one for the port before one for all of the Service, the older before the younger. */
function policyAt(backendTls: BackendTls, read: Reader, service: string, port: string): BackendTlsPolicy | undefined {
  return oldest(backendTls, read, `${service}|${port}`) ?? oldest(backendTls, read, `${service}|`);
}

export function oldest({ byTarget }: BackendTls, read: Reader, target: string): BackendTlsPolicy | undefined {
  const key = ({ namespace, name }: BackendTlsPolicy): string => `${namespace}/${name}`;
  return [...read.bucket(byTarget, target).values()].sort(
    (a, b) => a.createdAt - b.createdAt || (key(a) < key(b) ? -1 : 1),
  )[0];
}

/** How a gateway speaks to a port of a Service: `Never` where a policy demands what cannot be checked. */
export function backendTlsOf(
  backendTls: BackendTls,
  read: Reader,
  workload: string,
  { origin }: Pick<Service, "origin">,
  port: string,
): ClientTls | "Never" | undefined {
  if (origin.kind !== "Service") return undefined;
  const policy = policyAt(backendTls, read, `${origin.namespace}/${origin.name}`, port);
  if (!policy) return undefined;
  if (!policy.tls) return "Never";
  const certificate = clientCertificateOf(backendTls, read, workload);
  return certificate ? { ...policy.tls, mode: "Mutual", certificate } : policy.tls;
}

/** What a gateway shows to backends that ask who it is. */
export function clientCertificateOf(
  { byWorkload }: BackendTls,
  read: Reader,
  workload: string,
): HeldCredential | undefined {
  for (const { backendCertificate } of read.bucket(byWorkload, workload).values()) {
    if (backendCertificate) return backendCertificate;
  }
  return undefined;
}

/** Roots that some policy names: whom somebody trusts is no secret. */
export function namedRoots({ byRoots }: BackendTls, read: Reader, resource: string): HeldCredential | undefined {
  const [policy] = read.bucket(byRoots, resource).values();
  return policy?.tls?.roots;
}
