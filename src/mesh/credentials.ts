/**
 * Key pairs and roots in Secrets and ConfigMaps, under the keys that Kubernetes (`tls.crt`) and Istio (`cert`) keep
 * them. What is wrong with one is a row of its own, so that a certificate's renewal changes no status and no listener.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Collection } from "../engine/collection.ts";
import type { Reader } from "../engine/derived.ts";
import type { Graph } from "../engine/graph.ts";
import type { HeldCredential } from "./held-credential.ts";
import type { MeshInputs } from "./inputs.ts";
import type { ConfigMapObject, SecretObject } from "./kubernetes.ts";

/** The keys of Secrets and ConfigMaps that are read; who fills the inputs may leave the others out. */
export const CREDENTIAL_KEYS: ReadonlySet<string> = new Set([
  "tls.crt",
  "tls.key",
  "tls.ocsp-staple",
  "cert",
  "key",
  "ca.crt",
  "cacert",
  "ca.crl",
  "crl",
]);

export interface KeyPair {
  certificate: string;
  privateKey: string;
  ocspStaple?: Uint8Array;
}

export interface Roots {
  certificates: string;
  revocations: string;
}

/** Why an object cannot be used as a key pair, or as roots; absent: it can. */
interface Problems {
  keyPair?: string;
  roots?: string;
}

export interface Credentials {
  secrets: Collection<Problems>;
  configMaps: Collection<Problems>;
}

export function wireCredentials(graph: Graph, inputs: Pick<MeshInputs, "secrets" | "caConfigMaps">): Credentials {
  return {
    secrets: graph.derive("credentials in Secrets", inputs.secrets, (_key, secret): Problems => {
      const [pair, roots] = [keyPairOf(secret), rootsOf(secretTexts(secret))];
      return { ...problemOf("keyPair", pair), ...problemOf("roots", roots) };
    }),
    configMaps: graph.derive(
      "credentials in ConfigMaps",
      inputs.caConfigMaps,
      (_key, { data = {} }): Problems => ({
        keyPair: "private keys are kept in Secrets",
        ...problemOf("roots", rootsOf(data)),
      }),
    ),
  };
}

/** What keeps a proxy from getting a credential; undefined: nothing. */
export function credentialProblem(
  credentials: Credentials,
  read: Reader,
  { kind, part, objects }: Pick<HeldCredential, "kind" | "part" | "objects">,
): string | undefined {
  for (const key of objects) {
    const problems = read.get(kind === "Secret" ? credentials.secrets : credentials.configMaps, key);
    if (!problems) return `there is no ${kind} ${key}`;
    const problem = part === "KeyPair" ? problems.keyPair : problems.roots;
    if (problem !== undefined) return `${kind} ${key}: ${problem}`;
  }
  return undefined;
}

/** Undefined when the Secret has no usable one. */
export function readKeyPair(secret: SecretObject): KeyPair | undefined {
  const found = keyPairOf(secret);
  return typeof found === "string" ? undefined : found;
}

export function readRoots(object: { secret: SecretObject } | { configMap: ConfigMapObject }): Roots | undefined {
  const found = rootsOf("secret" in object ? secretTexts(object.secret) : (object.configMap.data ?? {}));
  return typeof found === "string" ? undefined : found;
}

function problemOf<N extends string>(name: N, found: string | object): { [K in N]?: string } {
  const problem: { [K in N]?: string } = {};
  if (typeof found === "string") problem[name] = found;
  return problem;
}

type Texts = Readonly<Record<string, string>>;

function secretTexts({ data = {} }: SecretObject): Texts {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

function keyPairOf(secret: SecretObject): KeyPair | string {
  const texts = secretTexts(secret);
  const names = texts["tls.crt"] === undefined ? (["cert", "key"] as const) : (["tls.crt", "tls.key"] as const);
  const [certificate, privateKey] = names.map((name) => texts[name] ?? "");
  if (!certificate) return "it has no certificate under tls.crt";
  if (!privateKey) return `it has no private key under ${names[1]}`;
  const leaf = parsed(() => new X509Certificate(certificate));
  if (!leaf) return `there is no PEM certificate under ${names[0]}`;
  const key = parsed(() => createPrivateKey(privateKey));
  if (!key) return `there is no PEM private key under ${names[1]}`;
  if (!leaf.checkPrivateKey(key)) return `the private key under ${names[1]} is not the certificate's`;
  const staple = secret.data?.["tls.ocsp-staple"];
  return { certificate, privateKey, ...(staple && { ocspStaple: Buffer.from(staple, "base64") }) };
}

function rootsOf(texts: Texts): Roots | string {
  const certificates = texts["ca.crt"] ?? texts.cacert ?? "";
  if (certificates === "") return "it has no CA certificates under ca.crt";
  const blocks = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.some((block) => !parsed(() => new X509Certificate(block)))) {
    return "there are no PEM certificates under ca.crt";
  }
  return { certificates, revocations: texts["ca.crl"] ?? texts.crl ?? "" };
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
