import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthorityMaterial } from "./authority.ts";
import { anchorRoots, type Facts, initialState, nextState, type RotationState, trustedRoots } from "./rotation.ts";

/** A CA by the names of its own certificate and of its roots. */
function ca(name: string, ...roots: string[]): AuthorityMaterial {
  return { certificate: name, privateKey: `key of ${name}`, chain: name, roots: roots.map(pem).join("\n") };
}

function pem(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;
}

/** The names of the certificates in a text. */
function names(text: string): string[] {
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----\n(.*)\n/g)].map(([, name]) => name ?? "");
}

const PERIODS = { spreadMs: 10, outliveMs: 1_000, mountMs: 100 };

function after(state: RotationState, source: AuthorityMaterial, now: number, more: Partial<Facts> = {}) {
  return nextState(state, { source, now, periods: PERIODS, oldestProxy: 0, ...more });
}

function brief(state: RotationState, source?: AuthorityMaterial) {
  return {
    signs: state.signing.certificate,
    anchor: state.anchor.certificate,
    trusts: names(trustedRoots(state, source)),
  };
}

const OLD = ca("old", "root1");
const NEW = ca("new", "root2");

test("while nothing changes, nothing is to be written", () => {
  const state = initialState(OLD);
  assert.equal(after(state, OLD, 1e12), state);
  assert.equal(after(state, structuredClone(OLD), 1e12), state);
});

test("a new root is trusted by all before anything of it is shown, and an old one until nothing of it is left", () => {
  const start = initialState(OLD);
  assert.deepEqual(brief(start, NEW), { signs: "old", anchor: "old", trusts: ["root1", "root2"] });
  const both = after(start, NEW, 1_000);
  assert.deepEqual(brief(both), { signs: "old", anchor: "old", trusts: ["root1", "root2"] });
  assert.equal(after(both, NEW, 1_009), both);
  const over = after(both, NEW, 1_010);
  assert.deepEqual(brief(over), { signs: "new", anchor: "old", trusts: ["root1", "root2"] });
  assert.equal(after(over, NEW, 2_009), over);
  const alone = after(over, NEW, 2_010);
  assert.deepEqual(brief(alone), { signs: "new", anchor: "old", trusts: ["root2"] });
  assert.deepEqual(names(anchorRoots(alone, NEW)), ["root1", "root2"], "the control plane still shows the old one");
});

test("the control plane shows a certificate of the new CA when no proxy is left that began without its root", () => {
  const moved = after(after(initialState(OLD), NEW, 1_000), NEW, 1_010);
  const anchor = (oldestProxy: number, now = 5_000) => after(moved, NEW, now, { oldestProxy }).anchor.certificate;
  assert.deepEqual([anchor(900), anchor(1_100), anchor(1_101)], ["old", "old", "new"]);
  assert.deepEqual([anchor(Number.POSITIVE_INFINITY), anchor(Number.POSITIVE_INFINITY, 1_050)], ["new", "old"]);
});

test("another intermediate of a root that all trust issues at once, and shows itself to proxies at once", () => {
  const state = after(initialState(OLD), ca("renewed", "root1"), 1e12, { oldestProxy: 1e11 });
  assert.deepEqual(brief(state), { signs: "renewed", anchor: "renewed", trusts: ["root1"] });
});

test("roots that people want trusted besides are, until they no longer want it and a certificate's life after", () => {
  const with3 = ca("old", "root1", "root3");
  let state = after(after(initialState(OLD), with3, 1_000), with3, 1_010);
  assert.deepEqual(brief(state).trusts, ["root1", "root3"]);
  state = after(state, OLD, 2_000);
  assert.deepEqual(brief(state).trusts, ["root1", "root3"]);
  assert.deepEqual(brief(after(state, OLD, 3_000)).trusts, ["root1"]);
});

test("who goes back half-way, or on to a third CA, still breaks no trust", () => {
  const both = after(initialState(OLD), NEW, 1_000);
  const back = after(both, OLD, 1_005);
  assert.deepEqual(brief(back), { signs: "old", anchor: "old", trusts: ["root1", "root2"] });
  assert.deepEqual(brief(after(back, OLD, 2_005)).trusts, ["root1"]);
  const third = ca("third", "root3");
  const moved = after(after(both, NEW, 1_010), third, 1_020);
  assert.deepEqual(brief(moved), { signs: "new", anchor: "old", trusts: ["root1", "root2", "root3"] });
  const last = after(moved, third, 1_030);
  assert.deepEqual(brief(last), { signs: "third", anchor: "old", trusts: ["root1", "root2", "root3"] });
  assert.deepEqual(brief(after(last, third, 2_030)).trusts, ["root3"]);
});

test("whatever people do, at every moment all that was issued within a life is trusted, and so was its root before", () => {
  const sources = [OLD, NEW, ca("third", "root3"), ca("renewed", "root1")];
  let state = initialState(OLD);
  const issued: { root: string; at: number }[] = [];
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let source = OLD;
  const trustedAt: { at: number; roots: string[] }[] = [{ at: -1e9, roots: ["root1"] }];
  for (let now = 0; now < 20_000; now += 5) {
    if (random(60) === 0) source = sources[random(sources.length)] ?? OLD;
    state = after(state, source, now);
    const roots = names(trustedRoots(state, source));
    trustedAt.push({ at: now, roots });
    const root = names(state.signing.roots)[0] ?? "";
    issued.push({ root, at: now });
    for (const leaf of issued) if (leaf.at > now - PERIODS.outliveMs) assert.ok(roots.includes(leaf.root), `at ${now}`);
    const before = trustedAt.findLast(({ at }) => at <= now - PERIODS.spreadMs);
    assert.ok(before?.roots.includes(root), `at ${now}, ${root} is shown to who does not trust it`);
  }
});
