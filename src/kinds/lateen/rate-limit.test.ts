import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rateLimitKind } from "./rate-limit.ts";

const limit = { requests: 100, per: "1m" };

function problems(spec: object): string[] {
  const object = { apiVersion: "policy.lateen.dev/v1", kind: "RateLimit", metadata: { name: "shop" } };
  // As it comes from outside: its shape is what is to be checked.
  const found = rateLimitKind.validate?.(JSON.parse(JSON.stringify({ ...object, spec }))) ?? [];
  return found.map(({ code, field, remedy }) => `${code} ${field}${remedy ? `: ${remedy}` : ""}`);
}

const rule = (rest: object) => ({ rules: [{ name: "login", limit, ...rest }] });

describe("a RateLimit is refused", () => {
  const cases: [string, object, RegExp][] = [
    ["without rules", {}, /LTN2000 spec$/],
    ["with a rule that has no name", { rules: [{ limit }] }, /LTN2000 spec.rules\[0\]$/],
    ["with a limit of nothing", rule({ limit: { requests: 0, per: "1m" } }), /LTN2000 spec.rules\[0\].limit.requests/],
    [
      "by a time that is none",
      rule({ limit: { requests: 1, per: "soon" } }),
      /LTN2001 spec.rules\[0\].limit.per: write/,
    ],
    ["by a time too short", rule({ limit: { requests: 1, per: "10ms" } }), /LTN2001 spec.rules\[0\].limit.per/],
    ["with two rules of one name", { rules: [...rule({}).rules, ...rule({}).rules] }, /LTN2004 spec.rules\[1\].name/],
    ["for a selector and targets", { ...rule({}), selector: {}, targetRefs: [{ kind: "Service", name: "a" }] }, /2003/],
    ["for what is no target", { ...rule({}), targetRefs: [{ kind: "Pod", name: "a" }] }, /2001 spec.targetRefs\[0\]/],
    [
      "for a Gateway of Istio, which is no workload",
      { ...rule({}), targetRefs: [{ group: "networking.istio.io", kind: "Gateway", name: "a" }] },
      /2001 spec.targetRefs\[0\].*selector/,
    ],
    ["with a key that is none", rule({ by: [{}] }), /LTN2002 spec.rules\[0\].by\[0\]: give one/],
    ["with a key that is two", rule({ by: [{ header: "x-a", claim: "sub" }] }), /LTN2003 spec.rules\[0\].by\[0\]/],
    ["by a header that everybody may write", rule({ by: [{ header: "X-Forwarded-For" }] }), /use source: Address/],
    ["by what is no header", rule({ by: [{ header: "x y" }] }), /spec.rules\[0\].by\[0\].header/],
    ["for a path with a query", rule({ match: { paths: ["/a?b"] } }), /spec.rules\[0\].match.paths\[0\]/],
    ["for a path with a star in the middle", rule({ match: { paths: ["/a/*/b"] } }), /match.paths\[0\]/],
    ["for a method in small letters", rule({ match: { methods: ["post"] } }), /match.methods\[0\]: write GET/],
    ["for a host with a port", rule({ match: { hosts: ["a.example.com:80"] } }), /match.hosts\[0\]/],
    ["for a header by a bad expression", rule({ match: { headers: { a: { regex: "(" } } } }), /headers\[a\].regex/],
    ["with a choice that a proxy never has", rule({ onUnavailable: "Deny" }), /LTN2003 spec.rules\[0\].onUnavailable/],
  ];
  for (const [name, spec, expected] of cases) {
    it(name, () => {
      const found = problems(spec);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", expected);
    });
  }
});

it("a RateLimit with everything is accepted", () => {
  const everything = {
    targetRefs: [
      { group: "gateway.networking.k8s.io", kind: "Gateway", name: "web" },
      { group: "", kind: "Service", name: "reviews" },
    ],
    rules: [
      {
        name: "login",
        match: {
          hosts: ["shop.example.com", "*.example.org"],
          methods: ["POST"],
          paths: ["/login", "/api/*"],
          headers: { "x-plan": { exact: "free" }, "x-any": {} },
        },
        by: [{ header: "x-api-key" }, { claim: "realm[tenant]" }, { identity: "Namespace" }, { source: "Address" }],
        limit: { requests: 100, per: "1m30s", burst: 20 },
        scope: "Global",
        onUnavailable: "Deny",
      },
    ],
  };
  assert.deepEqual(problems(everything), []);
});
