/** `serviceaccounts/NAME/token`: what `kubectl create token` and projected volumes ask for. */
import { podKind } from "../../kinds/core/pod.ts";
import { secretKind } from "../../kinds/core/secret.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { isRecord } from "./decode.ts";
import { type Exchange, readData, send } from "./exchange.ts";
import type { ResourceRequest } from "./request-info.ts";
import { nameOf } from "./resources.ts";
import { type Bound, ISSUER, type ServiceAccountTokens } from "./service-account-tokens.ts";
import { badRequest } from "./status.ts";

const SHORTEST_SECONDS = 600;
const DEFAULT_SECONDS = 3600;
const LONGEST_SECONDS = 365 * 24 * 3600;

export async function serveTokenRequest(
  store: Store,
  tokens: ServiceAccountTokens,
  info: ResourceRequest,
  exchange: Exchange,
): Promise<void> {
  const account = await store.get(serviceAccountKind.type, nameOf(info));
  const asked = await readData(exchange.request);
  const body = isRecord(asked) ? asked : {};
  const spec = isRecord(body.spec) ? body.spec : {};
  const { name, namespace = "", uid = "" } = account.metadata;
  const audiences = Array.isArray(spec.audiences) && spec.audiences.length > 0 ? spec.audiences.map(String) : [ISSUER];
  const seconds = secondsOf(spec.expirationSeconds, name);
  const bound = await boundObject(store, spec.boundObjectRef, account);
  const subject = { namespace, name, uid, ...(bound && { bound }) };
  const { token, expires } = await tokens.issue(subject, audiences, seconds);
  send(exchange, 201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace, creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z") },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: expires },
  });
}

function secondsOf(value: unknown, name: string): number {
  if (value === undefined || value === null) return DEFAULT_SECONDS;
  if (typeof value === "number" && value >= SHORTEST_SECONDS) return Math.min(value, LONGEST_SECONDS);
  const message = `TokenRequest.authentication.k8s.io "${name}" is invalid: spec.expirationSeconds: Invalid value: ${value}: may not specify a duration less than 10 minutes`;
  throw new StoreError("Invalid", message);
}

/** The object with which the token ends. It must be there, and a pod must run under this account. */
async function boundObject(store: Store, ref: unknown, account: KubeObject): Promise<Bound | undefined> {
  if (!isRecord(ref)) return undefined;
  const { kind, name, uid } = ref;
  const type: ResourceType | undefined =
    kind === "Pod" ? podKind.type : kind === "Secret" ? secretKind.type : undefined;
  if (!type || (kind !== "Pod" && kind !== "Secret") || typeof name !== "string") {
    throw badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to ${String(kind)}: only to a Pod or a Secret`,
    );
  }
  const object = await store.get(type, { namespace: account.metadata.namespace ?? "", name });
  const found = object.metadata.uid ?? "";
  if (typeof uid === "string" && uid !== "" && uid !== found) {
    throw new StoreError(
      "Conflict",
      `the UID in the bound object reference (${uid}) does not match the UID in record (${found})`,
    );
  }
  const user = isRecord(object.spec) ? object.spec.serviceAccountName : undefined;
  if (kind === "Pod" && user !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
    );
  }
  return { kind, name, uid: found };
}
