/** The cluster's certificates, and the kubeconfigs that name them. Made anew at each start of a node. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import {
  createRoot,
  generateKeys,
  P256,
  privateKeyPem,
  type Root,
  serialNumber,
  x509,
} from "../../src/identity/x509.ts";
import { type Addresses, API_SERVICE } from "./addresses.ts";
import type { Instance } from "./instance.ts";

/** Where the node sees them. */
export const PKI = "/var/etc/pki";

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Who calls the API server from within the node: file name, and what it is there. */
const CLIENTS: readonly [name: string, subject: string][] = [
  ["kube-controller-manager", "CN=system:kube-controller-manager"],
  ["kube-scheduler", "CN=system:kube-scheduler"],
  ["kube-proxy", "CN=system:kube-proxy"],
  ["admin", "O=system:masters, CN=admin"],
];

export async function makePki(instance: Instance, addresses: Addresses): Promise<void> {
  const folder = join(instance.var, "etc/pki");
  mkdirSync(folder, { recursive: true });
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + YEAR_MS) };
  const root = await createRoot(`CN=lateen-${instance.name}`, validity);
  const ca = `${root.certificate.toString("pem")}\n`;
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text, { mode: 0o600 });
  const issue = async (name: string, subject: string, names: x509.JsonGeneralName[] = []): Promise<Pair> => {
    const pair = await sign(root, validity, subject, names);
    write(`${name}.crt`, pair.certificate);
    write(`${name}.key`, pair.key);
    return pair;
  };
  write("ca.crt", ca);
  write("ca.key", await privateKeyPem(root.key));
  const tokens = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  write("service-accounts.key", tokens.privateKey);
  write("service-accounts.pub", tokens.publicKey);

  const inside = "https://127.0.0.1:6443";
  await issue("kube-apiserver", "CN=kube-apiserver", apiServerNames(addresses));
  await issue("kube-apiserver-kubelet", "O=system:masters, CN=kube-apiserver-kubelet-client");
  await issue("kubelet-server", `CN=${instance.name}`, [
    { type: "ip", value: addresses.node },
    { type: "dns", value: instance.name },
  ]);
  const node: [string, string] = ["kubelet", `O=system:nodes, CN=system:node:${instance.name}`];
  for (const [name, subject] of [...CLIENTS, node]) {
    write(`${name}.kubeconfig`, kubeconfig(instance.name, inside, ca, await issue(name, subject)));
  }
  const outside = `https://${addresses.node}:6443`;
  const user = await issue("user", "O=system:masters, CN=kubernetes-admin");
  writeFileSync(instance.kubeconfig, kubeconfig(`lateen-${instance.name}`, outside, ca, user), { mode: 0o600 });
}

interface Pair {
  certificate: string;
  key: string;
}

function apiServerNames({ node }: Addresses): x509.JsonGeneralName[] {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const names = ["localhost", ...service, "kubernetes.default.svc.cluster.local"];
  return [
    ...["127.0.0.1", node, API_SERVICE].map((value) => ({ type: "ip" as const, value })),
    ...names.map((value) => ({ type: "dns" as const, value })),
  ];
}

async function sign(
  root: Root,
  validity: { notBefore: Date; notAfter: Date },
  subject: string,
  names: x509.JsonGeneralName[],
): Promise<Pair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: root.certificate.subject,
    ...validity,
    publicKey: keys.publicKey,
    signingKey: root.key,
    signingAlgorithm: P256,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await privateKeyPem(keys.privateKey) };
}

function kubeconfig(name: string, server: string, ca: string, user: Pair): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [
      {
        name,
        user: { "client-certificate-data": base64(user.certificate), "client-key-data": base64(user.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
