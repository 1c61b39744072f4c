import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LateenError } from "../errors.ts";
import { runningWorld } from "../local/world-file.ts";
import { usableHome } from "./home.ts";

/** Brings up a world in the background, if none runs in this home. Resolves when it is ready. */
export async function detached(home: string, envoy: string | undefined): Promise<void> {
  if (runningWorld(home)) return;
  mkdirSync(join(usableHome(home), "logs"), { recursive: true, mode: 0o700 });
  const logFile = join(home, "logs/up.log");
  const log = openSync(logFile, "w", 0o600);
  const args = ["--home", home, "up", ...(envoy === undefined ? [] : ["--envoy", envoy])];
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, "main.ts"), ...args], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", () => resolve());
  child.on("error", reject);
  child.on("exit", () => {
    reject(whyNot(readFileSync(logFile, "utf8"), logFile));
  });
  await promise;
  child.disconnect();
  child.unref();
}

/** The error that the world itself printed last, as if it were ours. */
export function whyNot(said: string, logFile: string): LateenError {
  const [, code, message = "", remedy] = /^Error (LTN\d{4}): (.*?)(?:\n {2}(.*))?\s*$/ms.exec(said) ?? [];
  if (code !== undefined) return new LateenError(code, message, remedy?.trim());
  return new LateenError("LTN5002", `the world did not come up:\n${said.trim()}`, `What it said is in ${logFile}.`);
}
