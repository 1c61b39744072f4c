import { virtualServiceKind } from "../../kinds/istio/virtual-service.ts";
import type { VirtualServiceRow } from "../../mesh/virtual-services.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";

export const virtualServiceConflictsAnalyzer: Analyzer = {
  name: "virtualservice.ConflictingMeshGatewayHostsAnalyzer",
  description: "Checks whether several VirtualServices route the same host for sidecars",
  needs: [virtualServiceKind],
  analyze({ mesh, objects }, report) {
    const { rows, byMeshHost } = mesh.virtualServices;
    const conflicts = new Map<string, ReadonlyMap<string, string>>();
    for (const host of byMeshHost.buckets()) {
      const claims = byMeshHost.rows(host);
      if (claims.size > 1) conflicts.set(host, rivalsOf(claims));
    }
    for (const object of objects(virtualServiceKind)) {
      const key = keyOf(object);
      const host = rows.get(key)?.hosts.find((each) => conflicts.get(each)?.has(key));
      if (host === undefined) continue;
      const rivals = conflicts.get(host)?.get(key);
      const text = `the VirtualServices ${rivals} have the same host ${host} for sidecars; only the oldest is obeyed`;
      report("ConflictingMeshGatewayVirtualServiceHosts", object, "metadata.name", text, "put their rules into one");
    }
  },
};

const ALL = "*";

/** For each VirtualService of one host that meets another, as clients of some namespace see them, the names of all. */
function rivalsOf(claims: ReadonlyMap<string, VirtualServiceRow>): Map<string, string> {
  const byNamespace = Map.groupBy(
    [...claims].flatMap(([key, { exportTo, origin }]) =>
      scopes(exportTo, origin.namespace).map((scope) => ({ key, scope })),
    ),
    ({ scope }) => scope,
  );
  const everywhere = byNamespace.get(ALL) ?? [];
  const rivals = new Map<string, string>();
  for (const [scope, own] of byNamespace) {
    const meeting = scope === ALL ? own : [...own, ...everywhere];
    if (meeting.length < 2) continue;
    const names = enumeration(meeting.map(({ key }) => key).sort());
    for (const { key } of meeting) if (!rivals.has(key)) rivals.set(key, names);
  }
  return rivals;
}

function scopes(exportTo: readonly string[], own: string): string[] {
  if (exportTo.length === 0 || exportTo.includes(ALL)) return [ALL];
  return [...new Set(exportTo.map((to) => (to === "." ? own : to)))];
}
