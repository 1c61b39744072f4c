/** The certificates that listeners name: those that they show, and those by which they judge their clients'. */
import type { Reader } from "../../engine/derived.ts";
import type { GatewayListener, GatewaySpec } from "../../kinds/gateway-api/gateway.ts";
import { type Credentials, credentialProblem } from "../credentials.ts";
import type { GatewayTls, HeldCredential } from "../model.ts";
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

export interface ListenerTls {
  /** Undefined where nothing can be shown, ever: what the references name must not be used. */
  tls?: GatewayTls;
  refFault?: Fault;
  /** Why the listener is not accepted: its clients cannot be judged. */
  rejected?: Fault;
}

/**
 * Undefined for listeners without TLS.
 * @param frontend What the Gateway demands of clients, which refers to CAs as `gateway` does.
 */
export function listenerTls(
  listener: GatewayListener,
  frontend: NonNullable<GatewaySpec["tls"]>["frontend"],
  context: CertificateContext,
  gateway = context,
): ListenerTls | undefined {
  if (listener.protocol !== "HTTPS" && listener.protocol !== "TLS") return undefined;
  if (listener.tls?.mode === "Passthrough") return { tls: plainTls("Passthrough", []) };
  const own = keyPairs(listener.tls?.certificateRefs ?? [], context);
  if (listener.protocol === "TLS") return withPairs(own, plainTls("Simple", own.held));
  const perPort = frontend?.perPort?.find(({ port }) => port === listener.port);
  const validation = (perPort ? perPort.tls : frontend?.default)?.validation;
  if (!validation) return withPairs(own, plainTls("Simple", own.held));
  const roots = clientRoots(validation.caCertificateRefs, gateway);
  const refFault = own.fault ?? roots.fault;
  if (!roots.held) {
    const message = `no certificate of a client can be judged: ${roots.fault?.message ?? "no CA is named"}`;
    return { ...(refFault && { refFault }), rejected: { reason: "NoValidCACertificate", message } };
  }
  const insecure = validation.mode === "AllowInsecureFallback";
  const tls: GatewayTls = {
    ...plainTls(insecure ? "OptionalMutual" : "Mutual", own.held),
    clientRoots: roots.held,
    ...(insecure && { acceptUntrusted: true }),
  };
  return withPairs({ ...own, ...(refFault && { fault: refFault }) }, tls);
}

function plainTls(mode: GatewayTls["mode"], certificates: GatewayTls["certificates"]): GatewayTls {
  return { mode, certificates, subjectAltNames: [], spkiHashes: [], certificateHashes: [], cipherSuites: [] };
}

/** A listener whose Secret is missing stays: proxies that have its certificate go on with it. */
function withPairs({ held, fault }: KeyPairs, tls: GatewayTls): ListenerTls {
  return { ...(held.length > 0 && { tls }), ...(fault && { refFault: fault }) };
}

interface KeyPairs {
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
