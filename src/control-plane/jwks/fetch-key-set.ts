import { LateenError } from "../../errors.ts";
import { readKeySet } from "../../kinds/istio/key-set.ts";
import type { KeySetSource } from "../../mesh/security/request-authentication.ts";
import { type FetchOptions, guardedFetch } from "./guarded-fetch.ts";

/** The key set of a source, as proxies get it. Throws a LateenError that says what is wrong with it. */
export async function fetchKeySet(source: KeySetSource, options: Omit<FetchOptions, "timeoutMs">): Promise<string> {
  const bounded = { ...options, timeoutMs: source.timeoutMs };
  const url = source.from === "Uri" ? source.url : await discovered(source.url, bounded);
  const read = readKeySet(await guardedFetch(url, bounded));
  const fault = "fault" in read ? read.fault : read.size === 0 ? "it has no key that could verify a token" : undefined;
  if ("jwks" in read && fault === undefined) return read.jwks;
  throw new LateenError(
    "LTN6205",
    `What ${url} holds is refused: ${fault}.`,
    "Publish the issuer's public keys there.",
  );
}

/** Where an issuer says that its keys are: OpenID Connect Discovery. */
async function discovered(issuer: string, options: FetchOptions): Promise<string> {
  const base = issuer.replace(/\/$/, "");
  const url = `${base}/.well-known/openid-configuration`;
  const text = await guardedFetch(url, options);
  const said = (name: string): unknown => {
    try {
      const document: unknown = JSON.parse(text);
      return typeof document === "object" && document !== null ? Reflect.get(document, name) : undefined;
    } catch {
      return undefined;
    }
  };
  const wrong = (what: string) =>
    new LateenError("LTN6206", `${url} ${what}.`, "Give jwksUri in the RequestAuthentication instead.");
  const jwksUri = said("jwks_uri");
  if (typeof jwksUri !== "string") throw wrong("names no jwks_uri");
  if (String(said("issuer")).replace(/\/$/, "") !== base) throw wrong(`is not about the issuer ${issuer}`);
  if (/^https:/i.test(url) && !/^https:/i.test(jwksUri)) throw wrong("names a jwks_uri that is not https");
  return jwksUri;
}
