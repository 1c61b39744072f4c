import { createHash } from "node:crypto";
import { IdentityError } from "./identity-error.ts";
import type { ReviewToken, TokenReviewStatus } from "./token-review.ts";

/** Whose account a token is of, as the API server says. */
export interface Account {
  namespace: string;
  serviceAccount: string;
  /** Unix milliseconds; Infinity for a token without end. */
  expiresAt: number;
}

/** Whose token is bound to a pod, and ends with it. */
export interface Caller extends Account {
  pod: string;
  podUid: string;
}

/** Resolves the value of an `authorization` header. Rejects with an IdentityError when it is no good, and with
 * whatever went wrong when that could not be found out. */
export type Authenticate<Who = Caller> = (authorization: string | undefined) => Promise<Who>;

export interface AuthenticatorOptions {
  review: ReviewToken;
  /** Default: `istio-ca`, that of the token in a sidecar's volume. */
  audience?: string;
  /** How long a yes is believed, in milliseconds; a pod that is deleted may reconnect so long. Default 60,000. */
  cacheMs?: number;
  /** How long a no is believed. Default 10,000: a proxy retries every few seconds. */
  refusalCacheMs?: number;
  now?(): number;
}

/** Each of: answers yes, answers no. Apart, so that a flood of bad tokens does not push out the good ones. */
const CAPACITY = 10_000;
/** Reviews at a time: strangers who make up tokens must not keep the API server busy. */
const UNDERWAY = 1_000;
/** A token of a service account is about one kilobyte. */
const LONGEST_TOKEN = 16 * 1024;

/** Knows pods. */
export function authenticator(options: AuthenticatorOptions): Authenticate {
  return reviewer(options, callerOf);
}

/** Knows accounts, in whatever place their token is used. */
export function accountAuthenticator(options: AuthenticatorOptions): Authenticate<Account> {
  return reviewer(options, accountOf);
}

type Read<Who> = (status: TokenReviewStatus, audience: string, expiresAt: number) => Who;

function reviewer<Who extends Account>(options: AuthenticatorOptions, read: Read<Who>): Authenticate<Who> {
  const { review, audience = "istio-ca", cacheMs = 60_000, refusalCacheMs = 10_000, now = Date.now } = options;
  const callers = new Cache<Who>(CAPACITY);
  const refusals = new Cache<IdentityError>(CAPACITY);
  const underway = new Map<string, Promise<Who>>();

  const ask = async (token: string, key: string): Promise<Who> => {
    try {
      const caller = read(await review(token, audience), audience, expiryOf(token));
      callers.set(key, caller, Math.min(now() + cacheMs, caller.expiresAt));
      return caller;
    } catch (error) {
      if (error instanceof IdentityError) refusals.set(key, error, now() + refusalCacheMs);
      throw error;
    } finally {
      underway.delete(key);
    }
  };

  return async (authorization) => {
    const token = tokenOf(authorization);
    // What the token says of its own end is not proven, but a lie would only shorten its life.
    if (expiryOf(token) <= now()) throw new IdentityError("LTN6013", "the token has expired");
    // By its hash: a token must not lie about in memory longer than it is looked at.
    const key = createHash("sha256").update(token).digest("base64");
    const known = callers.get(key, now());
    if (known) return known;
    const refusal = refusals.get(key, now());
    if (refusal) throw refusal;
    if (underway.size >= UNDERWAY && !underway.has(key)) throw new Error("too many tokens are being reviewed");
    const asked = underway.get(key) ?? ask(token, key);
    underway.set(key, asked);
    return asked;
  };
}

function tokenOf(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new IdentityError("LTN6011", "there is no token", "let Envoy send it by file_based_metadata");
  }
  const token = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > LONGEST_TOKEN) {
    throw new IdentityError("LTN6012", "the authorization header does not hold a service account's token");
  }
  return token;
}

/** The claim `exp` in milliseconds. Says nothing about who made it: to be believed only after a review. */
function expiryOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const exp = typeof claims === "object" && claims !== null && "exp" in claims ? claims.exp : undefined;
    if (exp === undefined) return Number.POSITIVE_INFINITY;
    if (typeof exp === "number") return exp * 1000;
  } catch {
    // falls through
  }
  throw new IdentityError("LTN6012", "the authorization header does not hold a service account's token");
}

const USER = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/;
const POD = "authentication.kubernetes.io/pod-name";
const POD_UID = "authentication.kubernetes.io/pod-uid";

function accountOf(status: TokenReviewStatus, audience: string, expiresAt: number): Account {
  if (status.authenticated !== true) {
    throw new IdentityError(
      "LTN6014",
      `the API server does not accept the token: ${status.error || "no reason given"}`,
    );
  }
  if (!status.audiences?.includes(audience)) {
    throw new IdentityError("LTN6015", `the token was not made for the audience ${audience}`);
  }
  const [, namespace, serviceAccount] = USER.exec(status.user?.username ?? "") ?? [];
  if (namespace === undefined || serviceAccount === undefined) {
    throw new IdentityError("LTN6016", `the token is not that of a service account, but of ${status.user?.username}`);
  }
  return { namespace, serviceAccount, expiresAt };
}

function callerOf(status: TokenReviewStatus, audience: string, expiresAt: number): Caller {
  const account = accountOf(status, audience, expiresAt);
  const pod = status.user?.extra?.[POD]?.[0];
  const podUid = status.user?.extra?.[POD_UID]?.[0];
  if (pod === undefined || podUid === undefined) {
    throw new IdentityError("LTN6017", "the token is not bound to a pod", "use a projected one");
  }
  return { ...account, pod, podUid };
}

/** Forgets what is old, and the oldest when it is full. */
class Cache<V> {
  readonly #entries = new Map<string, { value: V; until: number }>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.until > now) return entry.value;
    if (entry) this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, until: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(oldest);
    }
  }
}
