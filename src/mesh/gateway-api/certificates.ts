/** The certificates that objects of the Gateway API name: key pairs to show, and roots to judge others by. */
import type { Reader } from "../../engine/derived.ts";
import { type Credentials, credentialProblem } from "../credentials.ts";
import type { HeldCredential } from "../held-credential.ts";
import type { Fault } from "./conditions.ts";
import { type Grants, mayRefer } from "./grants.ts";

export interface CertificateContext {
  read: Reader;
  credentials: Credentials;
  grants: Grants;
  /** Of who refers. */
  from: { kind: string; namespace: string };
}

export interface ObjectReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
}

export interface KeyPairs {
  held: readonly HeldCredential[];
  fault?: Fault;
}

/** Those that may be used, and what is wrong with the first that cannot. */
export function keyPairs(refs: readonly ObjectReference[], context: CertificateContext): KeyPairs {
  const held: HeldCredential[] = [];
  const faults: Fault[] = [];
  for (const ref of refs) {
    const { kind = "Secret", name, namespace = context.from.namespace } = ref;
    if (kind !== "Secret" || (ref.group ?? "") !== "") {
      faults.push(invalid("InvalidCertificateRef", `certificateRef ${name} is of kind ${kind}: only Secrets are read`));
      continue;
    }
    const denied = refused(ref, kind, context);
    if (denied) {
      faults.push(denied);
      continue;
    }
    const objects = [`${namespace}/${name}`];
    const credential = { part: "KeyPair", kind, objects } as const;
    const problem = credentialProblem(context.credentials, context.read, credential);
    if (problem !== undefined) faults.push(invalid("InvalidCertificateRef", problem));
    held.push({ resource: `kubernetes-gateway://${namespace}/${name}`, ...credential });
  }
  const [fault] = faults;
  return { held, ...(fault && { fault }) };
}

/** Those of the references that can be used, together; and what is wrong with the first that cannot. */
export function clientRoots(
  refs: readonly ObjectReference[],
  context: CertificateContext,
): { held?: HeldCredential; fault?: Fault } {
  const objects: Record<HeldCredential["kind"], string[]> = { ConfigMap: [], Secret: [] };
  const faults: Fault[] = [];
  for (const ref of refs) {
    const { group = "", kind, name, namespace = context.from.namespace } = ref;
    if (group !== "" || (kind !== "ConfigMap" && kind !== "Secret")) {
      const message = `caCertificateRef ${name} is of kind ${kind}: only ConfigMaps and Secrets are read`;
      faults.push(invalid("InvalidCACertificateKind", message));
      continue;
    }
    const key = `${namespace}/${name}`;
    const problem = credentialProblem(context.credentials, context.read, { part: "Roots", kind, objects: [key] });
    const denied = refused(ref, kind, context);
    if (denied) faults.push(denied);
    else if (problem !== undefined) faults.push(invalid("InvalidCACertificateRef", problem));
    else objects[kind].push(key);
  }
  // one resource cannot be of both kinds: ConfigMaps are what the Gateway API's core names
  const kind = objects.ConfigMap.length > 0 ? "ConfigMap" : "Secret";
  const [fault] = faults;
  const scheme = kind === "ConfigMap" ? "configmap" : "kubernetes-gateway";
  const resource = `${scheme}://${objects[kind].join(",")}-cacert`;
  return {
    ...(objects[kind].length > 0 && { held: { resource, part: "Roots", kind, objects: objects[kind] } }),
    ...(fault && { fault }),
  };
}

function refused(ref: ObjectReference, kind: string, context: CertificateContext): Fault | undefined {
  const { name, namespace = context.from.namespace } = ref;
  const from = { group: "gateway.networking.k8s.io", ...context.from };
  if (mayRefer(context.grants, context.read, { from, to: { group: "", kind, namespace, name } })) return undefined;
  const message =
    `${kind} ${namespace}/${name} is in another namespace, and no ReferenceGrant there lets ` +
    `${context.from.kind}s of ${context.from.namespace} refer to it`;
  return { reason: "RefNotPermitted", message };
}

function invalid(reason: string, message: string): Fault {
  return { reason, message };
}
