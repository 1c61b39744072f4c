/** Where an HTTPRoute's rule sends requests, and what of it cannot be reached. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { BackendObjectRef } from "../../kinds/gateway-api/common.ts";
import { serviceHost } from "../hosts.ts";
import type { ServiceObject } from "../kubernetes.ts";
import type { Destination } from "../model.ts";
import type { Fault } from "./conditions.ts";
import { type Grants, mayRefer } from "./grants.ts";

/**
 * The host of destinations that stand for a backend that there is not: no cluster ever has this name (RFC 2606), so
 * that its share of the requests gets status 500, as the Gateway API wants it.
 */
export const INVALID_BACKEND_HOST = "backend.invalid";

export interface BackendContext {
  read: Reader;
  services: Collection<ServiceObject>;
  /** What another namespace lets this one send to. Absent for who may send there anyway: the mesh's own clients. */
  grants?: Grants;
  clusterDomain: string;
  /** The kind that refers, and its namespace. */
  from: { group: string; kind: string; namespace: string };
}

export interface ResolvedBackend {
  /** `namespace/name` of the Service, where there is one. */
  service?: string;
  destination: Omit<Destination, "weight">;
  fault?: Fault;
}

export function resolveBackend(ref: BackendObjectRef, context: BackendContext): ResolvedBackend {
  const { group = "", kind = "Service", name, port = 0 } = ref;
  const namespace = ref.namespace ?? context.from.namespace;
  const at = `${namespace}/${name}`;
  if (group !== "" || kind !== "Service") {
    return invalid("InvalidKind", `backendRef ${name} is of kind ${kind} of "${group}": only Services are served`);
  }
  const reference = { from: context.from, to: { group, kind, namespace, name } };
  if (context.grants && !mayRefer(context.grants, context.read, reference)) {
    return invalid(
      "RefNotPermitted",
      `backendRef ${at} is in another namespace, and no ReferenceGrant there lets ` +
        `${context.from.kind}s of ${context.from.namespace} refer to it`,
    );
  }
  const service = context.read.get(context.services, at);
  if (!service) return invalid("BackendNotFound", `backend Service ${at} not found`);
  const ports = (service.spec?.ports ?? []).map((each) => each.port);
  if (!ports.includes(port)) {
    const has = ports.length === 0 ? "it has none" : `it has ${ports.join(", ")}`;
    return invalid("BackendNotFound", `backend Service ${at} has no port ${port}: ${has}`);
  }
  return { service: at, destination: { host: serviceHost(name, namespace, context.clusterDomain), port, subset: "" } };
}

function invalid(reason: string, message: string): ResolvedBackend {
  return { destination: { host: INVALID_BACKEND_HOST, port: 0, subset: "" }, fault: { reason, message } };
}
