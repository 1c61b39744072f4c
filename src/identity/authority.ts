import { createPublicKey, X509Certificate } from "node:crypto";
import { parseSpiffeId } from "../mesh/spiffe.ts";
import { IdentityError } from "./identity-error.ts";
import { type Issuer, issuerOf, type Leaf, newKeys, type Subject, signLeaf } from "./leaf.ts";
import { certificatesIn, x509 } from "./x509.ts";

/** A CA as it is kept: all in PEM. */
export interface AuthorityMaterial {
  certificate: string;
  privateKey: string;
  /** Certificates between ours and the root, ours included when it is not the root; "" for a self-signed one. */
  chain: string;
  /** What everybody in the mesh trusts; several while one replaces another. */
  roots: string;
}

export interface WorkloadRequest {
  spiffeId: string;
  /** SubjectPublicKeyInfo in DER: of who keeps its key to itself. Absent: a key is generated and comes along. */
  publicKey?: Uint8Array;
  ttlMs: number;
  /** Shown by the peer's Envoy as authenticated labels. */
  subject?: Subject;
}

export interface Issued {
  /** PEM: the certificate and what leads from it to the root. */
  certificate: string;
  /** PEM; undefined when the caller brought the public key. */
  privateKey: string | undefined;
  notBefore: Date;
  notAfter: Date;
}

/** Certificates begin a little earlier than now, for clocks that are behind. */
export const SKEW_MS = 60_000;

/** Issues certificates. Immutable: another CA is another `Authority`. */
export class Authority {
  readonly roots: string;
  readonly #certificate: x509.X509Certificate;
  readonly #chain: string;
  readonly #issuer: Issuer;

  private constructor(material: AuthorityMaterial, certificate: x509.X509Certificate, issuer: Issuer) {
    this.roots = material.roots;
    this.#chain = material.chain.trim();
    this.#certificate = certificate;
    this.#issuer = issuer;
  }

  /** Rejects with an IdentityError when the parts are not a CA that works; `where` names them in it. */
  static async load(material: AuthorityMaterial, where: string, now = Date.now()): Promise<Authority> {
    let certificate: x509.X509Certificate;
    let issuer: Issuer;
    try {
      certificate = new x509.X509Certificate(material.certificate);
      issuer = await issuerOf(certificate, material.privateKey);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new IdentityError("LTN6001", `${where} does not hold a certificate and a key in PEM: ${reason}`);
    }
    const basic = certificate.getExtension(x509.BasicConstraintsExtension);
    if (!basic?.ca) throw new IdentityError("LTN6002", `${where}: ca-cert.pem is not the certificate of a CA`);
    if (certificate.notAfter.getTime() <= now) {
      const ended = certificate.notAfter.toISOString();
      throw new IdentityError(
        "LTN6003",
        `${where}: the CA expired on ${ended}; replace it, or delete it for a new one`,
      );
    }
    if (!createPublicKey(issuer.key).equals(new X509Certificate(material.certificate).publicKey)) {
      throw new IdentityError("LTN6004", `${where}: ca-key.pem is not the key of ca-cert.pem`);
    }
    if (!leadsToRoot(material)) {
      throw new IdentityError(
        "LTN6007",
        `${where}: ca-cert.pem does not lead to a certificate of root-cert.pem`,
        "Put all certificates between the two into cert-chain.pem.",
      );
    }
    return new Authority(material, certificate, issuer);
  }

  get notAfter(): Date {
    return this.#certificate.notAfter;
  }

  /** Tells who issues: differs when what is issued now would be of another than what was issued before. */
  get issuer(): string {
    return [this.#certificate.toString("pem"), this.#chain].join("\n");
  }

  /** Tells one CA from another: differs when what it issues, or whom it asks to be trusted, does. */
  get fingerprint(): string {
    return [this.issuer, this.roots.trim()].join("\n");
  }

  /** A certificate by which a workload is both client and server, named by its SPIFFE id alone. */
  async issue(request: WorkloadRequest): Promise<Issued> {
    if (!parseSpiffeId(request.spiffeId)) {
      throw new IdentityError("LTN6005", `${request.spiffeId} is not of the form spiffe://DOMAIN/ns/NAMESPACE/sa/NAME`);
    }
    const names = [{ type: "url" as const, value: request.spiffeId }];
    return this.#sign({ ...request, names, usages: ["Server", "Client"] });
  }

  /** A certificate for a server known by names of DNS. */
  issueServer(dnsNames: readonly string[], ttlMs: number): Promise<Issued> {
    const names = dnsNames.map((value) => ({ type: "dns" as const, value }));
    return this.#sign({ names, ttlMs, usages: ["Server"] });
  }

  async #sign({
    publicKey,
    ttlMs,
    subject = {},
    ...leaf
  }: Pick<Leaf, "names" | "usages"> & Omit<WorkloadRequest, "spiffeId">): Promise<Issued> {
    const generated = publicKey ? undefined : await newKeys();
    const now = Date.now();
    const notBefore = new Date(now - SKEW_MS);
    // A certificate that outlives its issuer would stop to work before it says so.
    const notAfter = new Date(Math.min(now + ttlMs, this.notAfter.getTime()));
    const certified = publicKey ?? generated?.publicKey ?? new Uint8Array();
    const pem = await signLeaf(this.#issuer, { ...leaf, subject, publicKey: certified, notBefore, notAfter });
    return {
      certificate: `${[pem, this.#chain].filter((part) => part !== "").join("\n")}\n`,
      privateKey: generated?.privateKey,
      notBefore,
      notAfter,
    };
  }
}

function leadsToRoot({ certificate, chain, roots }: AuthorityMaterial): boolean {
  const trusted = certificatesIn(roots).map((pem) => new X509Certificate(pem));
  const between = certificatesIn(chain).map((pem) => new X509Certificate(pem));
  const seen = new Set<string>();
  let at: X509Certificate | undefined = new X509Certificate(certificate);
  while (at && !seen.has(at.fingerprint256)) {
    const { fingerprint256 } = at;
    if (trusted.some((root) => root.fingerprint256 === fingerprint256)) return true;
    seen.add(fingerprint256);
    at = [...trusted, ...between].find((issuer) => at?.checkIssued(issuer) && at.verify(issuer.publicKey));
  }
  return false;
}
