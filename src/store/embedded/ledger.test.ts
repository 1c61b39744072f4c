import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import { Database } from "./database.ts";
import type { Change } from "./history.ts";
import { Ledger } from "./ledger.ts";

const TYPE = "/things";

function object(name: string, value: number, owner?: string): KubeObject {
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: "v1", kind: "Thing", name: owner, uid: `uid-${owner}` }];
  return { apiVersion: "v1", kind: "Thing", metadata: { name, uid: `uid-${name}`, ownerReferences }, value };
}

const values = (ledger: Ledger): unknown[] =>
  ledger.all(TYPE).map(({ metadata, value }) => `${metadata.name}=${value}`);

/** A database whose disk is full when told so. */
class FullDisk extends Database {
  full = false;

  override commit(...args: Parameters<Database["commit"]>): void {
    if (this.full) throw new Error("database or disk is full");
    super.commit(...args);
  }
}

test("changes of one turn are one commit, in order", async () => {
  const ledger = new Ledger(new Database(":memory:"), 100);
  const commits: (readonly Change[])[] = [];
  ledger.onCommit((changes) => commits.push(changes));
  ledger.put(TYPE, object("b", 1));
  ledger.put(TYPE, object("a", 1));
  ledger.put(TYPE, object("a", 2));
  ledger.remove(TYPE, "b");
  assert.equal(commits.length, 0);
  await ledger.settled();
  assert.deepEqual(
    commits.map((changes) => changes.map(({ version }) => version)),
    [[1, 2, 3, 4]],
  );
  assert.deepEqual(values(ledger), ["a=2"]);
  assert.equal(ledger.committed, 4);
});

test("what cannot be written to disk is undone, in memory and in the indexes, and its writers are told", async () => {
  const database = new FullDisk(":memory:");
  const ledger = new Ledger(database, 100);
  ledger.put(TYPE, object("owner", 1));
  ledger.put(TYPE, object("kept", 1, "owner"));
  await ledger.settled();
  database.full = true;
  ledger.put(TYPE, object("kept", 2));
  ledger.put(TYPE, object("kept", 3));
  ledger.remove(TYPE, "owner");
  ledger.put(TYPE, object("new", 1, "owner"));
  const reading = ledger.read(() => values(ledger));
  await assert.rejects(ledger.settled(), { reason: "InternalError", message: /LTN1003.*disk is full.*has room/ });
  assert.deepEqual(await reading, ["kept=1", "owner=1"]);
  assert.deepEqual(ledger.ownedBy("uid-owner"), [{ type: TYPE, key: "kept" }]);
  assert.deepEqual(ledger.byUid("uid-owner"), { type: TYPE, key: "owner" });
  assert.equal(ledger.byUid("uid-new"), undefined);
  assert.equal(ledger.history.next(TYPE, ledger.committed), undefined);
  database.full = false;
  ledger.put(TYPE, object("kept", 4));
  await ledger.settled();
  assert.deepEqual(values(ledger), ["kept=4", "owner=1"]);
});

test("after closing nothing can be written", () => {
  const ledger = new Ledger(new Database(":memory:"), 100);
  ledger.close();
  assert.ok(ledger.closing.aborted);
  assert.throws(() => ledger.put(TYPE, object("a", 1)), { reason: "ServiceUnavailable" });
});
