/** For durability.test.ts: writes without end and prints each name once its write is acknowledged. */
import { writeSync } from "node:fs";
import { openStore, thing, things } from "./testing.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("usage: testing-writer.ts DATABASE");

const store = await openStore({ path });

async function write(writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const name = `w${writer}-${i}`;
    await store.create(things, thing(name, { size: 100 + i }));
    // Synchronous: what this process says must be out before it can be killed.
    writeSync(1, `${name}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));
