import { apiVersionOf, type ResourceType } from "../object.ts";

type Query = Record<string, string | number | boolean | undefined>;

/** `/apis/networking.istio.io/v1/namespaces/default/virtualservices/reviews/status?dryRun=All`. */
export function pathOf(
  type: ResourceType,
  namespace: string | undefined,
  name?: string,
  query: Query = {},
  subresource?: string,
): string {
  const steps = [type.group === "" ? "api" : "apis", ...apiVersionOf(type).split("/")];
  if (type.namespaced && namespace) steps.push("namespaces", namespace);
  steps.push(type.plural);
  if (name !== undefined) steps.push(name);
  if (subresource !== undefined) steps.push(subresource);
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(key, String(value));
  }
  const path = `/${steps.map(encodeURIComponent).join("/")}`;
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}
