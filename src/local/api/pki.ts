import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createRoot,
  generateKeys,
  P256,
  privateKeyPem,
  type Root,
  readSigningKey,
  serialNumber,
  x509,
} from "../../identity/x509.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** The server certificate is made anew at each start, so a year outlives any run. */
const SERVER_DAYS = 365;

const DNS_NAMES = [
  "localhost",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];
const ADDRESSES = ["127.0.0.1", "::1", "10.96.0.1"];

export interface ServerIdentity {
  /** PEM. */
  ca: string;
  certificate: string;
  key: string;
}

export async function serverIdentity(home: string): Promise<ServerIdentity> {
  const directory = join(home, "pki");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ca = readCa(directory) ?? (await makeCa(directory));
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=kube-apiserver,O=lateen",
    issuer: ca.certificate.subject,
    ...validity(SERVER_DAYS),
    publicKey: keys.publicKey,
    signingKey: ca.key,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...DNS_NAMES.map((value) => ({ type: "dns" as const, value })),
        ...ADDRESSES.map((value) => ({ type: "ip" as const, value })),
      ]),
    ],
  });
  return {
    ca: ca.certificate.toString("pem"),
    certificate: certificate.toString("pem"),
    key: await privateKeyPem(keys.privateKey),
  };
}

/** Undefined when there is none, or one that ends within the year. */
function readCa(directory: string): Root | undefined {
  let certificatePem: string;
  let keyPem: string;
  try {
    certificatePem = readFileSync(join(directory, "ca.crt"), "utf8");
    keyPem = readFileSync(join(directory, "ca.key"), "utf8");
  } catch {
    return undefined;
  }
  const certificate = new x509.X509Certificate(certificatePem);
  if (certificate.notAfter.getTime() < Date.now() + SERVER_DAYS * DAY_MS) return undefined;
  return { certificate, key: readSigningKey(keyPem).key };
}

async function makeCa(directory: string): Promise<Root> {
  const root = await createRoot("CN=lateen-kubernetes-ca", validity(CA_DAYS));
  writeFileSync(join(directory, "ca.key"), await privateKeyPem(root.key), { mode: 0o600 });
  writeFileSync(join(directory, "ca.crt"), `${root.certificate.toString("pem")}\n`);
  return root;
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  // A little earlier than now, for clocks that are behind.
  return { notBefore: new Date(Date.now() - 5 * 60 * 1000), notAfter: new Date(Date.now() + days * DAY_MS) };
}
