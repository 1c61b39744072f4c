/**
 * The durable half of the embedded store: one SQLite file. `commit` returns when the write is on disk (WAL with
 * synchronous=FULL), so that what was acknowledged survives `kill -9` and loss of power.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import type { TypeKey } from "./served.ts";

interface Row {
  type: TypeKey;
  key: string;
  /** Undefined: the row goes. */
  object: KubeObject | undefined;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS objects (
    type TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (type, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

export class Database {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #setVersion: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      // Exclusive: two control planes on one file would each believe their own memory.
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      this.#database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    } catch (error) {
      this.#database.close();
      throw unusable(path, error);
    }
    this.#put = this.#database.prepare(
      "INSERT INTO objects (type, key, body) VALUES (?, ?, ?) ON CONFLICT (type, key) DO UPDATE SET body = excluded.body",
    );
    this.#drop = this.#database.prepare("DELETE FROM objects WHERE type = ? AND key = ?");
    this.#setVersion = this.#database.prepare(
      "INSERT INTO meta (name, value) VALUES ('version', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }

  version(): number {
    const row = this.#database.prepare("SELECT value FROM meta WHERE name = 'version'").get();
    return typeof row?.value === "number" ? row.value : 0;
  }

  *load(): Generator<{ type: TypeKey; key: string; body: string }> {
    for (const { type, key, body } of this.#database.prepare("SELECT type, key, body FROM objects").iterate()) {
      if (typeof type === "string" && typeof key === "string" && typeof body === "string") yield { type, key, body };
    }
  }

  /** All rows or none. */
  commit(rows: readonly Row[], version: number): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { type, key, object } of rows) {
        if (object === undefined) this.#drop.run(type, key);
        else this.#put.run(type, key, JSON.stringify(object));
      }
      this.#setVersion.run(version);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

function unusable(path: string, error: unknown): StoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.includes("locked")
    ? new StoreError(
        "ServiceUnavailable",
        `LTN1001: ${path} is in use by another control plane; stop it with \`lateen down\`, or choose another LATEEN_HOME`,
      )
    : new StoreError(
        "InternalError",
        `LTN1002: ${path} cannot be opened as a database (${reason}); move it away to start with an empty store`,
      );
}
