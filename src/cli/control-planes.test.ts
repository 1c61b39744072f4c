import assert from "node:assert/strict";
import { test } from "node:test";
import { merged, proxiesOf } from "./control-planes.ts";

const reply = <B>(istiod: string, body: B) => ({ istiod, revision: "default", body });
const proxy = (id: string, connectedAt: number) => ({ proxy: { id }, connectedAt });

test("lists of several control planes are one list; other pages stand by their control plane", () => {
  assert.deepEqual(merged([reply("a", [1]), reply("b", [2, 3])]), [1, 2, 3]);
  assert.deepEqual(merged([reply("a", { version: "1" })]), { version: "1" });
  assert.deepEqual(merged([reply("a", { version: "1" }), reply("b", { version: "2" })]), {
    a: { version: "1" },
    b: { version: "2" },
  });
});

test("a proxy that has just gone to another control plane is where it connected last", () => {
  const found = proxiesOf([reply("old", [proxy("p", 1), proxy("q", 1)]), reply("new", [proxy("p", 2)])]);
  assert.deepEqual(
    found.map(({ proxy: { id }, istiod }) => `${id} ${istiod}`),
    ["p new", "q old"],
  );
});
