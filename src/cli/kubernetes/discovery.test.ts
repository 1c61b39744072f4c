import assert from "node:assert/strict";
import { test } from "node:test";
import { targets } from "../get.ts";
import { findType, findTypes, nameOf, type Served, typeOf } from "./discovery.ts";

function served(group: string, version: string, kind: string, names: Partial<Served> = {}): Served {
  const singular = kind.toLowerCase();
  const verbs = ["get", "list"];
  const namespaced = kind !== "Node";
  return {
    group,
    version,
    kind,
    plural: `${singular}s`,
    singular,
    namespaced,
    shortNames: [],
    categories: [],
    verbs,
    ...names,
  };
}

const all = [
  served("", "v1", "Pod", { shortNames: ["po"], categories: ["all"] }),
  served("", "v1", "Node", { shortNames: ["no"] }),
  served("apps", "v1", "Deployment", { shortNames: ["deploy"], categories: ["all"] }),
  served("gateway.networking.k8s.io", "v1", "Gateway", { shortNames: ["gtw"] }),
  served("networking.istio.io", "v1", "Gateway", { shortNames: ["gw"] }),
  served("networking.istio.io", "v1beta1", "Gateway", { shortNames: ["gw"] }),
];

test("a kind is known by its plural, singular, short name and own name, with its group or without", () => {
  for (const word of ["pods", "pod", "po", "Pod", "pods.v1."]) assert.equal(findType(all, word), all[0], word);
  assert.equal(findType(all, "gateways"), all[3]);
  assert.equal(findType(all, "gw"), all[4]);
  assert.equal(findType(all, "gateway.networking.istio.io"), all[4]);
  assert.equal(findType(all, "gateways.networking"), all[4]);
  assert.equal(findType(all, "gateways.v1beta1.networking.istio.io"), all[5]);
  assert.deepEqual(findTypes(all, "all"), [all[0], all[2]]);
});

test("an unknown kind gets a suggestion where one is near", () => {
  assert.throws(() => findType(all, "deploymnet"), { code: "LTN5011", remedy: /Did you mean deployment\?/ });
  assert.throws(() => findType(all, "cheese"), { code: "LTN5011", remedy: "See lateen get --help." });
});

test("objects are found by apiVersion and kind, and shown as kubectl shows them", () => {
  assert.equal(typeOf(all, "networking.istio.io/v1beta1", "Gateway"), all[5]);
  assert.equal(typeOf(all, "v1", "Gateway"), undefined);
  assert.deepEqual(
    all.slice(0, 4).map((type) => nameOf(type, "x")),
    ["pod/x", "node/x", "deployment.apps/x", "gateway.gateway.networking.k8s.io/x"],
  );
});

test("what is asked for may be types, names of one type, or types with names", () => {
  assert.deepEqual(targets(all, "po,deploy", []), [{ type: all[0] }, { type: all[2] }]);
  assert.deepEqual(targets(all, "po", ["a", "b"]), [
    { type: all[0], name: "a" },
    { type: all[0], name: "b" },
  ]);
  assert.deepEqual(targets(all, "po/a", ["deploy/b"]), [
    { type: all[0], name: "a" },
    { type: all[2], name: "b" },
  ]);
  assert.throws(() => targets(all, "po/a", ["b"]), { code: "LTN5016" });
});
