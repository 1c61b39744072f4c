import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticator } from "./authenticator.ts";
import type { TokenReviewStatus } from "./token-review.ts";

const NOW = 1_800_000_000_000;

function token(claims: object = { exp: NOW / 1000 + 3600 }): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.signature`;
}

const GOOD: TokenReviewStatus = {
  authenticated: true,
  audiences: ["istio-ca"],
  user: {
    username: "system:serviceaccount:default:reviews",
    extra: {
      "authentication.kubernetes.io/pod-name": ["reviews-v1-abc"],
      "authentication.kubernetes.io/pod-uid": ["u1"],
    },
  },
};

function world(status: TokenReviewStatus | Error = GOOD) {
  const reviews: string[] = [];
  let now = NOW;
  const authenticate = authenticator({
    review: async (reviewed, audience) => {
      reviews.push(`${reviewed} for ${audience}`);
      if (status instanceof Error) throw status;
      return status;
    },
    now: () => now,
  });
  return { authenticate, reviews, later: (ms: number) => (now += ms) };
}

test("a projected token tells namespace, service account, pod and when it ends", async () => {
  const { authenticate, reviews } = world();
  assert.deepEqual(await authenticate(`Bearer ${token()}`), {
    namespace: "default",
    serviceAccount: "reviews",
    pod: "reviews-v1-abc",
    podUid: "u1",
    expiresAt: NOW + 3_600_000,
  });
  assert.deepEqual(reviews, [`${token()} for istio-ca`]);
});

test("reviews are remembered for a minute, and asked once by many", async () => {
  const { authenticate, reviews, later } = world();
  await Promise.all([1, 2, 3].map(() => authenticate(`Bearer ${token()}`)));
  await authenticate(`Bearer ${token()}`);
  assert.equal(reviews.length, 1);
  later(61_000);
  await authenticate(`Bearer ${token()}`);
  assert.equal(reviews.length, 2);
});

test("no token and garbage are refused without asking anybody", async () => {
  const { authenticate, reviews } = world();
  await assert.rejects(authenticate(undefined), /LTN6011/);
  for (const header of ["", "Bearer", "Bearer x", "Basic a.b.c", `Bearer ${"a".repeat(20_000)}.b.c`, "Bearer a.b.c"]) {
    await assert.rejects(authenticate(header), /LTN6012/);
  }
  assert.deepEqual(reviews, []);
});

test("an expired token is refused, also when it was good a moment ago", async () => {
  const { authenticate, reviews, later } = world();
  const short = `Bearer ${token({ exp: NOW / 1000 + 10 })}`;
  await authenticate(short);
  later(10_000);
  await assert.rejects(authenticate(short), /LTN6013/);
  assert.equal(reviews.length, 1);
});

test("what the API server refuses is refused, and not asked again for a while", async () => {
  const { authenticate, reviews, later } = world({ authenticated: false, error: "invalid bearer token" });
  await assert.rejects(authenticate(`Bearer ${token()}`), /LTN6014.*invalid bearer token/);
  await assert.rejects(authenticate(`Bearer ${token()}`), /LTN6014/);
  assert.equal(reviews.length, 1);
  later(11_000);
  await assert.rejects(authenticate(`Bearer ${token()}`), /LTN6014/);
  assert.equal(reviews.length, 2);
});

test("a token for another audience, of a person, or of no pod is refused", async () => {
  const refused = async (change: Partial<TokenReviewStatus>, code: RegExp): Promise<void> => {
    await assert.rejects(world({ ...GOOD, ...change }).authenticate(`Bearer ${token()}`), code);
  };
  await refused({ audiences: ["https://kubernetes.default.svc"] }, /LTN6015/);
  await refused({ audiences: [] }, /LTN6015/);
  await refused({ user: { ...GOOD.user, username: "admin" } }, /LTN6016/);
  await refused({ user: { ...GOOD.user, extra: {} } }, /LTN6017/);
});

test("when the API server cannot be asked, that is not taken for a no", async () => {
  const { authenticate, reviews } = world(new Error("connect ECONNREFUSED"));
  await assert.rejects(authenticate(`Bearer ${token()}`), (error: Error) => error.name === "Error");
  await assert.rejects(authenticate(`Bearer ${token()}`));
  assert.equal(reviews.length, 2);
});

test("a refusal does not repeat the token", async () => {
  const { authenticate } = world({ authenticated: false });
  await assert.rejects(authenticate(`Bearer ${token()}`), (error: Error) => !error.message.includes(token()));
  await assert.rejects(authenticate("Bearer secret"), (error: Error) => !error.message.includes("secret"));
});
