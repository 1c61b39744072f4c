/** The certificates that listeners and their like name. */
import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { GatewayListener } from "../../kinds/gateway-api/gateway.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Fault } from "./conditions.ts";
import { type Grants, mayRefer } from "./grants.ts";

export interface CertificateContext {
  read: Reader;
  secrets: Collection<KubeObject>;
  grants: Grants;
  namespace: string;
}

export function certificateFault({ tls }: GatewayListener, context: CertificateContext): Fault | undefined {
  for (const ref of tls?.certificateRefs ?? []) {
    const { group = "", kind = "Secret", name, namespace = context.namespace } = ref;
    if (group !== "" || kind !== "Secret") {
      return invalid(`certificateRef ${name} is of kind ${kind}: only Secrets are read`);
    }
    const from = { group: "gateway.networking.k8s.io", kind: "Gateway", namespace: context.namespace };
    if (!mayRefer(context.grants, context.read, { from, to: { group, kind, namespace, name } })) {
      return {
        reason: "RefNotPermitted",
        message:
          `certificateRef ${namespace}/${name} is in another namespace, and no ReferenceGrant there lets ` +
          `Gateways of ${context.namespace} refer to it`,
      };
    }
    const secret = context.read.get(context.secrets, `${namespace}/${name}`);
    if (!secret) return invalid(`Secret ${namespace}/${name} not found`);
    for (const key of ["tls.crt", "tls.key"]) {
      const data = typeof secret.data === "object" && secret.data !== null ? Reflect.get(secret.data, key) : undefined;
      const pem = typeof data === "string" ? Buffer.from(data, "base64").toString() : "";
      if (!pem.includes("-----BEGIN ")) return invalid(`Secret ${namespace}/${name} has no PEM under ${key}`);
    }
  }
  return undefined;
}

function invalid(message: string): Fault {
  return { reason: "InvalidCertificateRef", message };
}
