/**
 * Who may answer for a service: the service accounts of its endpoints, as the control plane knows them. A row stays the
 * same while endpoints of the same accounts come and go, which is nearly always.
 */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Endpoints } from "../endpoints.ts";
import type { EndpointGroup, MeshSettings, Service } from "../model.ts";
import { formatSpiffeId, trustDomainsOf } from "../spiffe.ts";

/** Key `HOST|PORT`, as the endpoints have it. */
export interface SecureNames {
  ofServices: Collection<readonly Account[]>;
  ofEntries: Collection<readonly Account[]>;
}

interface Account {
  namespace: string;
  serviceAccount: string;
}

export function wireSecureNames(graph: Graph, { ofServices, ofEntries }: Endpoints): SecureNames {
  return {
    ofServices: graph.derive("accounts", ofServices, (_key, group) => accountsOf(group)),
    ofEntries: graph.derive("accounts of ServiceEntries", ofEntries, (_key, group) => accountsOf(group)),
  };
}

function accountsOf({ endpoints }: EndpointGroup): Account[] | undefined {
  const found = new Map<string, Account>();
  for (const { namespace, serviceAccount } of endpoints) {
    if (serviceAccount !== "") found.set(`${namespace}/${serviceAccount}`, { namespace, serviceAccount });
  }
  return found.size === 0 ? undefined : [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, account]) => account);
}

/** The names of which a server of the port must show one, in any trust domain of the mesh. Empty: nothing is known. */
export function secureNames(
  names: SecureNames,
  read: Reader,
  settings: Pick<MeshSettings, "trustDomain" | "trustDomainAliases">,
  service: Service,
  port: number,
): string[] {
  const key = `${service.host}|${port}`;
  const known = read.get(names.ofServices, key) ?? read.get(names.ofEntries, key) ?? [];
  const byName = service.dnsEndpoints.flatMap(({ serviceAccount }) =>
    serviceAccount === "" ? [] : [{ namespace: service.namespace, serviceAccount }],
  );
  const accounts = [...known, ...byName].flatMap((account) =>
    trustDomainsOf(settings).map((trustDomain) => formatSpiffeId({ trustDomain, ...account })),
  );
  return [...new Set([...service.subjectAltNames, ...accounts])];
}
