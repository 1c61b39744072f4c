/** Objects and patches as they come in. */
import { parse as parseYaml } from "yaml";
import { apiVersionOf, type KubeObject } from "../../store/object.ts";
import type { Patch } from "../../store/store.ts";
import type { ServedResource } from "./catalog.ts";
import { type Exchange, readBody, readData } from "./exchange.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import { PROTOBUF } from "./protobuf/decode.ts";
import type { ResourceRequest } from "./request-info.ts";
import { badRequest } from "./status.ts";

/** An object to create or to replace one with, put where the path says. */
export async function readObject(
  exchange: Exchange,
  resource: ServedResource,
  info: ResourceRequest,
): Promise<KubeObject> {
  // Of what comes in protobuf the status is not read.
  if (info.subresource === "status" && mediaType(exchange.request) === PROTOBUF) throw unsupportedMediaType();
  const data = withoutNulls(await readData(exchange.request));
  if (!isRecord(data)) throw badRequest("the body is not an object");
  const metadata = isRecord(data.metadata) ? data.metadata : {};
  const { apiVersion = apiVersionOf(resource.type), kind = resource.type.kind } = data;
  if (typeof apiVersion !== "string" || typeof kind !== "string") throw badRequest("apiVersion and kind must be texts");
  const name = typeof metadata.name === "string" ? metadata.name : "";
  if (info.name !== undefined && name !== "" && name !== info.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  }
  const { namespace } = metadata;
  if (info.namespace !== undefined && namespace !== undefined && namespace !== "" && namespace !== info.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return {
    ...data,
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      name: name || info.name || "",
      ...(resource.type.namespaced && info.namespace !== undefined && { namespace: info.namespace }),
    },
  };
}

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";
const APPLY_PATCH = "application/apply-patch+yaml";

/** Kubernetes knows how to merge the lists of its own kinds only. */
export async function readPatch(exchange: Exchange, strategic: boolean): Promise<Patch> {
  const type = mediaType(exchange.request);
  const known = [JSON_PATCH, MERGE_PATCH, ...(strategic ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  if (!known.includes(type)) throw unsupportedMediaType(known);
  const text = (await readBody(exchange.request)).toString();
  const body = parsed(text, type === APPLY_PATCH);
  if (type === JSON_PATCH) {
    if (!Array.isArray(body)) throw badRequest("a JSON patch is a list of operations");
    return { type: "json", body };
  }
  if (!isRecord(body)) throw badRequest("the patch is not an object");
  if (type === APPLY_PATCH) return { type: "apply", body: Object(withoutNulls(body)) };
  return { type: type === MERGE_PATCH ? "merge" : "strategic", body };
}

function parsed(text: string, yaml: boolean): unknown {
  try {
    return yaml ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`the patch cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** In objects null says "not set", as Go writes `creationTimestamp: null`. In a patch it would say "remove". */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutNulls(field)]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
