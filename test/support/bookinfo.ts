import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { eventually } from "./eventually.ts";
import { get } from "./load.ts";

export type Version = "v1" | "v2" | "v3";

/** Which version of reviews answered, by what it says of the stars: none, black, red. Undefined for anything else. */
function versionOf(body: string): Version | undefined {
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== "object" || parsed === null || !("reviews" in parsed) || !Array.isArray(parsed.reviews)) {
    return undefined;
  }
  const rating = parsed.reviews[0]?.rating;
  if (rating === undefined) return "v1";
  return rating.color === "black" ? "v2" : rating.color === "red" ? "v3" : undefined;
}

/** How often each version of reviews answered `count` requests through the gateway at `url`. */
export async function versionsSeen(url: string, count: number, cookie?: string): Promise<Record<Version, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const seen = { v1: 0, v2: 0, v3: 0 };
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = cookie === undefined ? {} : { headers: { cookie } };
      const { status, body } = await get(`${url}/api/v1/products/0/reviews`, { agent, ...headers });
      assert.equal(status, 200, body);
      const version = versionOf(body);
      assert.ok(version, body);
      seen[version]++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  agent.destroy();
  return seen;
}

/** Waits until 30 requests in a row go to just these versions. */
export function eventuallyOnly(url: string, versions: readonly Version[], cookie?: string): Promise<void> {
  return eventually(async () => {
    const seen = await versionsSeen(url, 30, cookie);
    for (const version of ["v1", "v2", "v3"] as const) {
      assert.equal(seen[version] > 0, versions.includes(version), `${version} of ${JSON.stringify(seen)}`);
    }
  });
}

/** Signs in on the product page; the session's cookie. */
export function signIn(url: string, user: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(
    `${url}/login`,
    { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } },
    (response) => {
      response.resume();
      const cookie = response.headers["set-cookie"]?.[0]?.split(";")[0];
      if (cookie === undefined) reject(new Error(`no session cookie with status ${response.statusCode}`));
      else resolve(cookie);
    },
  );
  outgoing.on("error", reject);
  outgoing.end(new URLSearchParams({ username: user, passwd: "" }).toString());
  return promise;
}
