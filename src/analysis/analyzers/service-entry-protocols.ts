import { serviceEntryKind } from "../../kinds/istio/service-entry.ts";
import { keyOf } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";

const ALL = "*";

interface Claim {
  key: string;
  protocol: string;
}

export const serviceEntryProtocolsAnalyzer: Analyzer = {
  name: "serviceentry.ConflictingServiceEntryProtocolAnalyzer",
  description: "Checks whether several ServiceEntries give one port of a host different protocols",
  needs: [serviceEntryKind],
  analyze({ objects }, report) {
    const entries = objects(serviceEntryKind);
    const claims = new Map<string, Claim[]>();
    const claim = (place: string, one: Claim): void => {
      const found = claims.get(place);
      if (found) found.push(one);
      else claims.set(place, [one]);
    };
    for (const { metadata, spec } of entries) {
      for (const scope of scopes(spec?.exportTo, metadata.namespace ?? "")) {
        for (const host of spec?.hosts ?? []) {
          for (const { number, protocol = "" } of spec?.ports ?? []) {
            const key = keyOf({ metadata });
            claim(`${scope}|${host.toLowerCase()}|${number}`, { key, protocol: protocol.toUpperCase() });
          }
        }
      }
    }
    for (const object of entries) {
      const { exportTo, hosts = [], ports = [] } = object.spec ?? {};
      const visible = scopes(exportTo, object.metadata.namespace ?? "");
      ports.forEach(({ number }, i) => {
        for (const host of hosts) {
          const meeting = new Set([...visible, ALL]);
          const met = [...meeting].flatMap((scope) => claims.get(`${scope}|${host.toLowerCase()}|${number}`) ?? []);
          const protocols = [...new Set(met.map(({ protocol }) => protocol))].sort();
          if (protocols.length < 2) continue;
          const names = enumeration([...new Set(met.map(({ key }) => key))].sort());
          const text = `the ServiceEntries ${names} give port ${number} of host ${host} different protocols: ${protocols.join(", ")}`;
          report("ConflictingServiceEntryProtocol", object, `spec.ports[${i}]`, text, "let them agree");
        }
      });
    }
  },
};

function scopes(exportTo: readonly string[] = [], own: string): string[] {
  if (exportTo.length === 0 || exportTo.includes(ALL)) return [ALL];
  return [...new Set(exportTo.map((to) => (to === "." ? own : to)))];
}
