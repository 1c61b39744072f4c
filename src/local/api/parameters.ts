/** The query parameters of Kubernetes' verbs. */
import { StoreError } from "../../store/error.ts";
import type { DeleteOptions, ListOptions, PageOptions, WriteOptions } from "../../store/store.ts";
import { type Exchange, readData } from "./exchange.ts";
import type { ResourceRequest } from "./request-info.ts";
import { badRequest } from "./status.ts";

export function listOptions(url: URL, info: ResourceRequest): ListOptions & PageOptions {
  const query = url.searchParams;
  const labelSelector = query.get("labelSelector");
  const fields = query.get("fieldSelector");
  // A list or watch of one named object.
  const named = info.name === undefined ? "" : `metadata.name=${info.name}`;
  const fieldSelector = [fields, named].filter(Boolean).join(",");
  const limit = number(query, "limit");
  const page = query.get("continue");
  return {
    ...(info.namespace !== undefined && { namespace: info.namespace }),
    ...(labelSelector && { labelSelector }),
    ...(fieldSelector && { fieldSelector }),
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(page && { continue: page }),
  };
}

export function writeOptions(exchange: Exchange, info: ResourceRequest): WriteOptions {
  const query = exchange.url.searchParams;
  const { subresource } = info;
  const validation = query.get("fieldValidation");
  return {
    ...((subresource === "status" || subresource === "scale") && { subresource }),
    fieldManager: query.get("fieldManager") || defaultManager(exchange.request.headers["user-agent"]),
    ...(query.get("force") === "true" && { force: true }),
    dryRun: dryRun(query.getAll("dryRun")),
    // Without it a server warns: so do old clients, who do not know the parameter, get to see what is wrong.
    fieldValidation: validation === "Strict" || validation === "Ignore" ? validation : "Warn",
    warn: (text) => exchange.warnings.push(text),
  };
}

/** `kubectl/v1.32.4 (linux/amd64) kubernetes/abc` → `kubectl`. */
function defaultManager(agent: string | undefined): string {
  return agent?.split("/")[0] || "unknown";
}

function dryRun(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== "All" && value !== "");
  if (wrong === undefined) return values.includes("All");
  throw new StoreError("Invalid", `dryRun: Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`);
}

/** From the body, or from the query, where it is easier to say by hand. */
export async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const query = exchange.url.searchParams;
  const body = await readData(exchange.request);
  const given = (name: string): unknown =>
    typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  const grace = given("gracePeriodSeconds") ?? number(query, "gracePeriodSeconds");
  const policy = given("propagationPolicy") ?? query.get("propagationPolicy") ?? orphan(given("orphanDependents"));
  const dry = given("dryRun");
  const all = [...query.getAll("dryRun"), ...(Array.isArray(dry) ? dry.map(String) : [])];
  return {
    ...(typeof grace === "number" && { gracePeriodSeconds: grace }),
    ...(isPolicy(policy) && { propagationPolicy: policy }),
    ...preconditions(given("preconditions")),
    dryRun: dryRun(all),
  };
}

function preconditions(value: unknown): Pick<DeleteOptions, "preconditions"> {
  if (typeof value !== "object" || value === null) return {};
  const uid: unknown = Reflect.get(value, "uid");
  const resourceVersion: unknown = Reflect.get(value, "resourceVersion");
  return {
    preconditions: {
      ...(typeof uid === "string" && { uid }),
      ...(typeof resourceVersion === "string" && { resourceVersion }),
    },
  };
}

function isPolicy(value: unknown): value is NonNullable<DeleteOptions["propagationPolicy"]> {
  return value === "Orphan" || value === "Background" || value === "Foreground";
}

function orphan(value: unknown): string | undefined {
  return typeof value === "boolean" ? (value ? "Orphan" : "Background") : undefined;
}

export function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (Number.isInteger(value)) return value;
  throw badRequest(`the query parameter ${name} is ${JSON.stringify(text)}, which is not a whole number`);
}
