import { type AuthorityMaterial, SKEW_MS } from "./authority.ts";
import {
  createIntermediate,
  createRoot,
  privateKeyPem,
  type Root,
  readSigningKey,
  serialNumber,
  type Validity,
  x509,
} from "./x509.ts";

/** A CA that nobody plugged in: a root, and an intermediate that signs in its place. */
export interface SelfSigned extends AuthorityMaterial {
  /** "" where it was taken away, or the CA is one of a time when the root itself signed. */
  rootKey: string;
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const ROOT_MS = 10 * YEAR_MS;
const INTERMEDIATE_MS = YEAR_MS;
/** The part of a CA's life that is left when its successor is made: time for people to see that it works. */
const LEFT = 0.2;

/** Makes a root of ECDSA P-256 for ten years, and below it an intermediate for one. */
export async function createAuthority(organization: string, now = Date.now()): Promise<SelfSigned> {
  // every root has a name of its own, so that no verifier takes one for another by it
  const root = await createRoot(`O=${organization},CN=Root CA ${serialNumber().slice(0, 8)}`, validity(now, ROOT_MS));
  return withIntermediate(organization, root, await privateKeyPem(root.key), now);
}

/** What replaces a CA now, of its own accord: nothing yet, an intermediate of the same root, or all of it. */
export async function renewed(
  current: SelfSigned,
  organization: string,
  now = Date.now(),
): Promise<SelfSigned | undefined> {
  const [signs, root] = [current.certificate, current.roots].map((pem) => new x509.X509Certificate(pem));
  if (!signs || !root) return undefined;
  if (isEnding(root, now)) return createAuthority(organization, now);
  if (!isEnding(signs, now)) return undefined;
  if (current.rootKey === "") return createAuthority(organization, now);
  const { key } = readSigningKey(current.rootKey);
  return withIntermediate(organization, { certificate: root, key }, current.rootKey, now);
}

async function withIntermediate(organization: string, root: Root, rootKey: string, now: number): Promise<SelfSigned> {
  const { algorithm } = readSigningKey(rootKey);
  const name = `O=${organization},CN=Intermediate CA ${serialNumber().slice(0, 8)}`;
  const { certificate, key } = await createIntermediate(name, { ...root, algorithm }, validity(now, INTERMEDIATE_MS));
  const pem = `${certificate.toString("pem")}\n`;
  return {
    certificate: pem,
    privateKey: await privateKeyPem(key),
    chain: pem,
    roots: `${root.certificate.toString("pem")}\n`,
    rootKey,
  };
}

function isEnding({ notBefore, notAfter }: x509.X509Certificate, now: number): boolean {
  return notAfter.getTime() - now < LEFT * (notAfter.getTime() - notBefore.getTime());
}

function validity(now: number, ms: number): Validity {
  return { notBefore: new Date(now - SKEW_MS), notAfter: new Date(now + ms) };
}
