import type { MeshSettings } from "./model.ts";

/** A workload's name in certificates, in Istio's form: `spiffe://cluster.local/ns/default/sa/reviews`. */
export interface SpiffeId {
  trustDomain: string;
  namespace: string;
  serviceAccount: string;
}

const FORM = /^spiffe:\/\/([a-z0-9._-]{1,255})\/ns\/([a-z0-9-]{1,63})\/sa\/([a-z0-9.-]{1,253})$/;

export function formatSpiffeId({ trustDomain, namespace, serviceAccount }: SpiffeId): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Undefined when it is not one of ours. */
export function parseSpiffeId(id: string): SpiffeId | undefined {
  const [, trustDomain, namespace, serviceAccount] = FORM.exec(id) ?? [];
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  return { trustDomain, namespace, serviceAccount };
}

/** The mesh's own trust domain, in which certificates are issued, and then those that are trusted as it is. */
export function trustDomainsOf({
  trustDomain,
  trustDomainAliases,
}: Pick<MeshSettings, "trustDomain" | "trustDomainAliases">): string[] {
  return [...new Set([trustDomain, ...trustDomainAliases])];
}
