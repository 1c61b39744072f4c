/** A root VirtualService hands a rule over to a delegate: each of the delegate's rules is narrowed to the root's. */
import type { StringMatch } from "../kinds/istio/common.ts";
import type { HttpMatchSpec, HttpRouteSpec } from "../kinds/istio/virtual-service-schema.ts";

/** The delegate's rule under the root's, or undefined where the two contradict each other. */
export function mergeDelegate(root: HttpRouteSpec, leaf: HttpRouteSpec): HttpRouteSpec | undefined {
  const match = mergeMatches(root.match ?? [], leaf.match ?? []);
  if (!match) return undefined;
  const { delegate: _handedOver, match: _rootMatch, name: rootName, route: _none, ...inherited } = root;
  const name = [rootName, leaf.name].filter(Boolean).join("-");
  return { ...inherited, ...leaf, match, ...(name !== "" && { name }) };
}

function mergeMatches(roots: HttpMatchSpec[], leaves: HttpMatchSpec[]): HttpMatchSpec[] | undefined {
  if (roots.length === 0) return leaves;
  if (leaves.length === 0) return roots;
  const merged: HttpMatchSpec[] = [];
  for (const leaf of leaves) {
    const fitting = roots.filter((root) => !contradict(root, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((root) => mergeMatch(root, leaf)));
  }
  return merged;
}

function mergeMatch(root: HttpMatchSpec, leaf: HttpMatchSpec): HttpMatchSpec {
  const merged: HttpMatchSpec = { ...root, ...leaf };
  const name = [root.name, leaf.name].filter(Boolean).join("-");
  if (name !== "") merged.name = name;
  for (const field of ["headers", "withoutHeaders", "queryParams", "sourceLabels"] as const) {
    if (root[field] && leaf[field]) Object.assign(merged, { [field]: { ...root[field], ...leaf[field] } });
  }
  if (leaf.gateways?.length === 0 && root.gateways) merged.gateways = root.gateways;
  return merged;
}

function contradict(root: HttpMatchSpec, leaf: HttpMatchSpec): boolean {
  for (const field of ["uri", "scheme", "method", "authority"] as const) {
    if (outside(root[field], leaf[field])) return true;
  }
  for (const field of ["headers", "withoutHeaders", "queryParams"] as const) {
    const entries = Object.entries(leaf[field] ?? {});
    if (entries.some(([name, match]) => outside(root[field]?.[name], match))) return true;
  }
  if (Boolean(root.ignoreUriCase) !== Boolean(leaf.ignoreUriCase)) return true;
  if (root.port && leaf.port && root.port !== leaf.port) return true;
  if (root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) return true;
  const labels = Object.entries(leaf.sourceLabels ?? {});
  if (labels.some(([key, value]) => (root.sourceLabels?.[key] ?? value) !== value)) return true;
  const gateways = new Set(root.gateways ?? []);
  return gateways.size > 0 && (leaf.gateways ?? []).some((gateway) => !gateways.has(gateway));
}

/** Whether the leaf's match lets through what the root's does not. Regular expressions cannot be compared. */
function outside(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (!root || !leaf) return false;
  if (root.regex !== undefined || leaf.regex !== undefined) return true;
  if (root.exact !== undefined) return leaf.exact !== root.exact;
  if (root.prefix === undefined) return false;
  const least = leaf.exact ?? leaf.prefix;
  return least === undefined || !least.startsWith(root.prefix);
}
