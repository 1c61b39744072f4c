/** This process's certificate of the mesh, from the control plane, as Istio's clients get theirs. The key stays here. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import {
  IstioCertificateRequestSchema,
  type IstioCertificateResponse,
  IstioCertificateResponseSchema,
} from "#proto/istio/v1/auth/ca_pb.js";
import { generateKeys, P256, privateKeyPem, x509 } from "../identity/x509.ts";
import type { MeshIdentity } from "./identity.ts";

export interface MeshCertificateOptions {
  /** `istiod.istio-system.svc:15012` */
  controlPlane: string;
  /** Read for every request: both are renewed. */
  rootFile: string;
  tokenFile: string;
  signal: AbortSignal;
  /** A request that failed and is made again. */
  onError(error: unknown): void;
}

interface Held {
  certificate: string;
  privateKey: string;
  roots: string;
  expiresAt: number;
}

const METHOD = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
const DAY_S = 24 * 60 * 60;
const ANSWER_MS = 10_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/**
 * Roots may change before the certificate's half life: those of a new one are known within this time, which is shorter
 * than that for which a new CA waits before it issues (`spreadMs` in identity/rotation.ts).
 */
const LONGEST_WAIT_MS = 2 * 60_000;

/** Resolves with the first certificate, however long the control plane takes to be there; renews it at half its life. */
export async function meshCertificate(options: MeshCertificateOptions): Promise<MeshIdentity> {
  const { signal } = options;
  const listeners = new Set<() => void>();
  let held = await untilGiven(options);
  const keep = async (): Promise<void> => {
    while (!signal.aborted) {
      const halfLife = (held.expiresAt - Date.now()) / 2;
      await sleep(Math.min(Math.max(halfLife, FIRST_RETRY_MS), LONGEST_WAIT_MS), undefined, { signal, ref: false });
      held = await untilGiven(options);
      for (const listener of listeners) listener();
    }
  };
  // Ends by being aborted.
  keep().catch(() => {});
  return {
    current: () => held,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function untilGiven(options: MeshCertificateOptions): Promise<Held> {
  const { signal, onError } = options;
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      return await request(options);
    } catch (error) {
      onError(error);
      await sleep(wait, undefined, { signal });
    }
  }
}

async function request({ controlPlane, rootFile, tokenFile }: MeshCertificateOptions): Promise<Held> {
  const [root, token] = await Promise.all([readFile(rootFile), readFile(tokenFile, "utf8")]);
  const keys = await generateKeys();
  // What it is about is the control plane's to say: it goes by the token.
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: "CN=lateen", keys, signingAlgorithm: P256 });
  const client = new Client(controlPlane, credentials.createSsl(root));
  try {
    const { certChain } = await ask(client, csr.toString("pem"), token.trim());
    const roots = certChain.at(-1);
    const [own] = certChain;
    if (own === undefined || roots === undefined || certChain.length < 2) throw new Error("there is no certificate");
    return {
      certificate: certChain.slice(0, -1).join(""),
      privateKey: await privateKeyPem(keys.privateKey),
      roots,
      expiresAt: new x509.X509Certificate(own).notAfter.getTime(),
    };
  } finally {
    client.close();
  }
}

function ask(client: Client, csr: string, token: string): Promise<IstioCertificateResponse> {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const message = create(IstioCertificateRequestSchema, { csr, validityDuration: BigInt(DAY_S) });
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      METHOD,
      (value: typeof message) => Buffer.from(toBinary(IstioCertificateRequestSchema, value)),
      (bytes: Buffer) => fromBinary(IstioCertificateResponseSchema, bytes),
      message,
      metadata,
      { deadline: Date.now() + ANSWER_MS },
      (error, response) => (response ? resolve(response) : reject(error ?? new Error("there is no answer"))),
    );
  });
}
