/** Tokens of service accounts for pods' volumes, requested from the API and renewed before they expire. */
import type { Pod } from "../../../kinds/core/pod.ts";

export interface TokenWish {
  /** "" for the API's own. */
  audience: string;
  expirationSeconds: number;
}

/** The spec of a TokenRequest. */
export interface TokenSpec {
  audiences: string[];
  expirationSeconds: number;
  /** The token dies with this object. */
  boundObjectRef: { apiVersion: string; kind: string; name: string; uid: string };
}

/** Asks the API for a token of a service account. */
export type TokenIssuer = (
  namespace: string,
  serviceAccount: string,
  spec: TokenSpec,
) => Promise<{ token: string; expirationTimestamp: string }>;

interface Held {
  token: string;
  renewAt: number;
}

/** Of a token's life, after which it is renewed; or after a day, whichever is earlier. */
const USED = 0.8;
const LONGEST_MS = 24 * 3600 * 1000;

export class PodTokens {
  readonly #issue: TokenIssuer;
  readonly #held = new Map<string, Held>();

  constructor(issue: TokenIssuer) {
    this.#issue = issue;
  }

  async token({ metadata, spec }: Pod, { audience, expirationSeconds }: TokenWish): Promise<string> {
    const key = `${audience}|${expirationSeconds}`;
    const held = this.#held.get(key);
    const now = Date.now();
    if (held && now < held.renewAt) return held.token;
    const { token, expirationTimestamp } = await this.#issue(
      metadata.namespace ?? "default",
      spec.serviceAccountName ?? "default",
      {
        audiences: audience === "" ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: metadata.name, uid: metadata.uid ?? "" },
      },
    );
    const life = Date.parse(expirationTimestamp) - now;
    const usable = life > 0 ? life : expirationSeconds * 1000;
    this.#held.set(key, { token, renewAt: now + Math.min(usable * USED, LONGEST_MS) });
    return token;
  }
}
