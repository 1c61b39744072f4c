import { type Secret, SecretSchema } from "#envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Reader } from "../../engine/derived.ts";
import { readKeyPair, readRoots } from "../../mesh/credentials.ts";
import type { HeldCredential } from "../../mesh/held-credential.ts";
import type { ObjectRef } from "../../mesh/model.ts";
import { encode } from "../encode.ts";
import { MESH_ROOTS } from "../names.ts";
import type { Resource } from "../resource.ts";
import { keyPairSecret, rootsSecret } from "../secrets.ts";
import type { Certificates } from "./certificates.ts";
import type { MeshRows } from "./mesh-rows.ts";
import type { Scope } from "./scope.ts";

/**
 * What a proxy gets under a secret's name. Undefined, which leaves it what it has: the object is not there or cannot be
 * used, or nothing that is written for the proxy names it.
 */
export function secretRow(read: Reader, mesh: MeshRows, scope: Scope, name: string): Resource | undefined {
  const credential =
    scope.type === "Gateway"
      ? mesh.gatewayCredential(read, scope.workload, scope.client, name)
      : mesh.sidecarCredential(read, scope.client, name);
  const secret = credential && secretOf(read, mesh, credential);
  return secret && encode(SecretSchema, secret, { name, origins: originsOf(credential) });
}

/** A proxy's own certificate, or what all proxies get alike. */
export function certificateRow(
  read: Reader,
  { issued, roots }: Certificates,
  proxy: string | undefined,
  name: string,
): Resource | undefined {
  if (proxy !== undefined) {
    const certificate = read.get(issued, proxy);
    if (!certificate) return undefined;
    const secret = encode(SecretSchema, keyPairSecret(name, certificate), { name, origins: [] });
    return { ...secret, version: certificate.version };
  }
  const trusted = name === MESH_ROOTS ? read.get(roots, "") : undefined;
  if (trusted === undefined) return undefined;
  const secret = rootsSecret(name, [{ certificates: trusted, revocations: "" }]);
  return encode(SecretSchema, secret, { name, origins: [] });
}

function secretOf(read: Reader, mesh: MeshRows, { resource, part, kind, objects }: HeldCredential): Secret | undefined {
  if (part === "KeyPair") {
    const [key = ""] = objects;
    const secret = mesh.secret(read, key);
    const pair = secret && readKeyPair(secret);
    return pair && keyPairSecret(resource, pair);
  }
  const roots = objects.flatMap((key) => {
    const secret = kind === "Secret" ? mesh.secret(read, key) : undefined;
    const configMap = kind === "ConfigMap" ? mesh.caConfigMap(read, key) : undefined;
    return (secret && readRoots({ secret })) ?? (configMap && readRoots({ configMap })) ?? [];
  });
  return roots.length > 0 ? rootsSecret(resource, roots) : undefined;
}

function originsOf({ kind, objects }: HeldCredential): ObjectRef[] {
  return objects.map((key) => {
    const [namespace = "", name = ""] = key.split("/");
    return { kind, namespace, name };
  });
}
