/** The verbs of resources: read, write, remove. */
import { isBuiltIn } from "../../kinds/crd.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";
import type { ObjectName } from "../../store/store.ts";
import type { Backend } from "./backend.ts";
import type { ServedResource } from "./catalog.ts";
import { readObject, readPatch } from "./decode.ts";
import { type Exchange, send } from "./exchange.ts";
import { deleteOptions, listOptions, writeOptions } from "./parameters.ts";
import { presenter } from "./present.ts";
import type { ResourceRequest } from "./request-info.ts";
import { badRequest, methodNotAllowed, success } from "./status.ts";
import { watchResource } from "./watch.ts";

export interface ResourceCall {
  backend: Backend;
  resource: ServedResource;
  info: ResourceRequest;
  exchange: Exchange;
  closing: AbortSignal;
}

export async function serveResource(call: ResourceCall): Promise<void> {
  switch (call.info.verb) {
    case "get":
      return get(call);
    case "list":
      return list(call);
    case "watch":
      return watchResource(call.backend, call.resource, call.info, call.exchange, call.closing);
    case "create":
      return create(call);
    case "update":
      return update(call);
    case "patch":
      return patch(call);
    case "delete":
      return remove(call);
    case "deletecollection":
      return removeCollection(call);
  }
}

async function get(call: ResourceCall): Promise<void> {
  const { backend, resource, info } = call;
  // The scale is a view of the object that a patch without content shows.
  if (info.subresource === "scale") {
    const scale = await backend.patch(
      resource.type,
      nameOf(info),
      { type: "merge", body: {} },
      { subresource: "scale", dryRun: true },
    );
    return send(call.exchange, 200, scale);
  }
  answer(call, 200, await backend.get(resource.type, nameOf(info)));
}

async function list({ backend, resource, info, exchange }: ResourceCall): Promise<void> {
  const found = await backend.list(resource.type, listOptions(exchange.url, info));
  send(exchange, 200, presenter(resource, exchange.accepted, exchange.url).list(found));
}

async function create(call: ResourceCall): Promise<void> {
  const { backend, resource, info, exchange } = call;
  if (info.name !== undefined) throw methodNotAllowed();
  if (resource.type.namespaced && info.namespace === undefined) {
    throw badRequest(`the server needs a namespace in the path to create ${resource.type.plural}`);
  }
  const object = await readObject(exchange, resource, info);
  answer(call, 201, await backend.create(resource.type, object, writeOptions(exchange, info)));
}

async function update(call: ResourceCall): Promise<void> {
  const { backend, resource, info, exchange } = call;
  nameOf(info);
  if (info.subresource === "finalize") return get(call);
  const object = await readObject(exchange, resource, info);
  answer(call, 200, await backend.update(resource.type, object, writeOptions(exchange, info)));
}

async function patch(call: ResourceCall): Promise<void> {
  const { backend, resource, info, exchange } = call;
  const name = nameOf(info);
  const body = await readPatch(exchange, isBuiltIn(resource.type.group));
  const options = writeOptions(exchange, info);
  if (body.type === "apply" && !exchange.url.searchParams.get("fieldManager")) {
    throw new StoreError(
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  // Only apply creates what is not there, and says so by its code.
  const existed = body.type !== "apply" || (await backend.get(resource.type, name).then(isThere, isNotThere));
  answer(call, existed ? 200 : 201, await backend.patch(resource.type, name, body, options));
}

const isThere = (): boolean => true;
const isNotThere = (): boolean => false;

async function remove({ backend, resource, info, exchange }: ResourceCall): Promise<void> {
  const { object, gone } = await backend.remove(resource.type, nameOf(info), await deleteOptions(exchange));
  if (!gone) return send(exchange, 200, object);
  const { group, plural } = resource.type;
  const { name, uid } = object.metadata;
  send(exchange, 200, success({ name, ...(group !== "" && { group }), kind: plural, uid }));
}

async function removeCollection({ backend, resource, info, exchange }: ResourceCall): Promise<void> {
  const options = await deleteOptions(exchange);
  const found = await backend.list(resource.type, listOptions(exchange.url, info));
  for (const { metadata } of found.items) {
    const { name, namespace } = metadata;
    const at = namespace === undefined ? { name } : { namespace, name };
    // Somebody else may have been faster.
    await backend.remove(resource.type, at, options).catch(ignoreNotFound);
  }
  send(exchange, 200, presenter(resource, [], exchange.url).list(found));
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof StoreError && error.reason === "NotFound")) throw error;
}

export function nameOf(info: ResourceRequest): ObjectName {
  if (info.name === undefined) throw methodNotAllowed();
  return info.namespace === undefined ? { name: info.name } : { namespace: info.namespace, name: info.name };
}

function answer({ resource, exchange, info }: ResourceCall, code: number, object: KubeObject): void {
  const plain = info.subresource === "scale";
  send(exchange, code, plain ? object : presenter(resource, exchange.accepted, exchange.url).one(object));
}
