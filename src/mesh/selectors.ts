/**
 * Scopes: which clients see the same thing. What a client is told depends on its namespace and on whether its labels
 * match the selectors that rules name (a VirtualService's sourceLabels, a DestinationRule's workloadSelector). So a
 * scope is the namespace, those of the selectors that match, and the Sidecar that narrows the client's view, if there is
 * one; all client-side lookups take a scope.
 */
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { Index } from "../engine/index-of.ts";
import type { DestinationRule } from "../kinds/istio/destination-rule-schema.ts";
import type { MeshInputs } from "./inputs.ts";
import { labelTexts, selectorText, selects } from "./labels.ts";
import type { Labels, MeshSettings } from "./model.ts";
import { type Sidecars, sidecarFor, wireSidecars } from "./sidecars.ts";
import type { VirtualServiceRow } from "./virtual-services.ts";

/** `default`, or `default?app=reviews,version=v1&team=a#default/narrow`: namespace, matching selectors, Sidecar. */
export type Scope = string;

interface Selector {
  labels: Labels;
  /** Namespaces whose clients it concerns; "" for all. */
  namespaces: readonly string[];
}

export interface Selectors {
  fromVirtualServices: Index<Selector>;
  fromDestinationRules: Index<Selector>;
  sidecars: Sidecars;
  settings: Collection<MeshSettings>;
}

export function wireSelectors(
  graph: Graph,
  inputs: Pick<MeshInputs, "destinationRules" | "sidecars">,
  virtualServices: Collection<VirtualServiceRow>,
  settings: Collection<MeshSettings>,
): Selectors {
  const sources = graph.deriveMany<VirtualServiceRow, Selector>(
    "source label selectors",
    virtualServices,
    (key, { http, tls, tcp }) => {
      const matches = [...http, ...tls, ...tcp].flatMap((rule) => rule.match ?? []);
      return matches.flatMap(({ sourceLabels }) =>
        sourceLabels && Object.keys(sourceLabels).length > 0
          ? [[`${selectorText(sourceLabels)}|${key}`, { labels: sourceLabels, namespaces: [""] }] as const]
          : [],
      );
    },
  );
  const workloads = graph.derive<DestinationRule, Selector>(
    "workload selectors",
    inputs.destinationRules,
    (_key, { spec, metadata }) => {
      const labels = spec?.workloadSelector?.matchLabels ?? {};
      return Object.keys(labels).length > 0 ? { labels, namespaces: [metadata.namespace ?? ""] } : undefined;
    },
  );
  return {
    fromVirtualServices: byLabel(graph, sources),
    fromDestinationRules: byLabel(graph, workloads),
    sidecars: wireSidecars(graph, inputs.sidecars),
    settings,
  };
}

/** Bucket `namespace/key=value` of the selector's first label: a client looks only where it has a label itself. */
function byLabel(graph: Graph, selectors: Collection<Selector>): Index<Selector> {
  return graph.index(selectors, "label", ({ labels, namespaces }) => {
    const first = labelTexts(labels)[0] ?? "";
    return namespaces.map((namespace) => `${namespace}/${first}`);
  });
}

export function scopeOf(selectors: Selectors, read: Reader, client: { namespace: string; labels: Labels }): Scope {
  const matching = new Set<string>();
  const look = (index: Index<Selector>, bucket: string): void => {
    for (const { labels } of read.bucket(index, bucket).values()) {
      if (selects(labels, client.labels)) matching.add(selectorText(labels));
    }
  };
  for (const label of labelTexts(client.labels)) {
    look(selectors.fromVirtualServices, `/${label}`);
    look(selectors.fromDestinationRules, `${client.namespace}/${label}`);
  }
  const rootNamespace = read.get(selectors.settings, "")?.rootNamespace ?? "";
  const sidecar = sidecarFor(selectors.sidecars, read, client, rootNamespace);
  const marks = matching.size === 0 ? "" : `?${[...matching].sort().join("&")}`;
  return `${client.namespace}${marks}${sidecar === undefined ? "" : `#${sidecar}`}`;
}

export interface Client {
  namespace: string;
  selectors: ReadonlySet<string>;
  /** Key of the Sidecar that narrows what it knows. */
  sidecar?: string;
}

export function parseScope(scope: Scope): Client {
  const [rest = "", sidecar] = scope.split("#");
  const [namespace = "", selectors] = rest.split("?");
  return {
    namespace,
    selectors: new Set(selectors === undefined ? [] : selectors.split("&")),
    ...(sidecar !== undefined && { sidecar }),
  };
}

/** Whether the client's labels match: an empty selector matches every client. */
export function clientMatches(client: Client, selector: Labels | undefined): boolean {
  const text = selectorText(selector ?? {});
  return text === "" || client.selectors.has(text);
}
