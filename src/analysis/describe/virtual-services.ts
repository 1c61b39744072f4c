import type { HttpMatchSpec, HttpRouteSpec, RouteDestinationSpec } from "../../kinds/istio/virtual-service-schema.ts";
import { destinationPolicy } from "../../mesh/destination-rules.ts";
import { hostAndWildcards } from "../../mesh/hosts.ts";
import { selects } from "../../mesh/labels.ts";
import { settingsOf } from "../../mesh/lookups.ts";
import { parseScope } from "../../mesh/selectors.ts";
import { type VirtualServiceRow, visibleVirtualServices } from "../../mesh/virtual-services.ts";
import type { World } from "../world.ts";
import type { Target } from "./destination-rules.ts";
import { type Fact, fact, shortName } from "./fact.ts";

/** The VirtualServices that sidecars of the service's own namespace obey: of the closest host, the oldest. */
export function describeVirtualServices(world: World, target: Target): Fact[] {
  const { byMeshHost } = world.mesh.virtualServices;
  for (const name of hostAndWildcards(target.host)) {
    const [obeyed, ...others] = visibleVirtualServices(world.read, byMeshHost, name, target.namespace);
    if (!obeyed) continue;
    const idle = others.map(({ origin }) =>
      fact(`WARNING: VirtualService ${shortName(origin)} for the same host is not obeyed`),
    );
    return [describeRow(world, obeyed, target), ...idle];
  }
  return [];
}

function describeRow(world: World, row: VirtualServiceRow, target: Target): Fact {
  const counts = (["http", "tls", "tcp"] as const).flatMap((part) =>
    row[part].length > 0 ? [`${row[part].length} ${part.toUpperCase()} route(s)`] : [],
  );
  const missed =
    row.http.length > 0 && !reaches(world, row, target)
      ? ["WARNING: no route leads to these pods: their subsets get nothing"]
      : [];
  return fact(`VirtualService: ${shortName(row.origin)}`, [counts.join(", "), ...row.http.map(routeText), ...missed]);
}

/** Whether some route leads to one of the pods: to the service as a whole, or to a subset that they are in. */
function reaches({ mesh, read }: World, { http }: VirtualServiceRow, { host, namespace, labels }: Target): boolean {
  const policy = destinationPolicy(mesh.destinationRules, read, settingsOf(mesh, read), parseScope(namespace), {
    host,
    namespace,
  });
  const own = new Set(
    (policy?.subsets ?? [])
      .filter((subset) => labels.some((each) => selects(subset.labels, each)))
      .map(({ name }) => name),
  );
  return http.some(
    ({ route = [], delegate }) =>
      delegate ||
      route.some(
        ({ destination }) => destination.host === host && (!destination.subset || own.has(destination.subset)),
      ),
  );
}

/** `/productpage, /static*: productpage`; `when end-user=jason: reviews v2`; `reviews v1 80%, reviews v3 20%`. */
export function routeText(rule: HttpRouteSpec): string {
  const matches = (rule.match ?? []).map(matchText).filter((text) => text !== "");
  const to = actionText(rule);
  const extras = [...(rule.fault ? ["fault injected"] : []), ...(rule.mirror || rule.mirrors ? ["mirrored"] : [])];
  const suffix = extras.length === 0 ? "" : ` (${extras.join(", ")})`;
  return `${matches.length === 0 ? "" : `${matches.join(", ")}: `}${to}${suffix}`;
}

function actionText({ route = [], redirect, directResponse, delegate }: HttpRouteSpec): string {
  if (redirect) return "redirect";
  if (directResponse) return `answer ${directResponse.status}`;
  if (delegate) return `as VirtualService ${delegate.name ?? ""}`;
  return route.map((to) => destinationText(to, route.length)).join(", ");
}

function destinationText({ destination, weight }: RouteDestinationSpec, count: number): string {
  const [name = ""] = destination.host.split(".");
  const share = count > 1 ? ` ${weight ?? 0}%` : "";
  return `${name}${destination.subset ? ` ${destination.subset}` : ""}${share}`;
}

function matchText({ uri, headers = {}, method }: HttpMatchSpec): string {
  const value = ({ exact, prefix, regex }: NonNullable<HttpMatchSpec["uri"]>): string =>
    exact ?? (prefix === undefined ? `~${regex ?? ".*"}` : `${prefix}*`);
  const conditions = Object.entries(headers).map(([name, match]) => `${name}=${value(match)}`);
  return [
    ...(method ? [value(method)] : []),
    ...(uri ? [value(uri)] : []),
    ...(conditions.length > 0 ? [`when ${conditions.join(" and ")}`] : []),
  ].join(" ");
}
