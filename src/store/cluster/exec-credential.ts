/** Credential plugins: a command that prints an ExecCredential with a token, as cloud providers' kubeconfigs use. */
import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { StoreError } from "../error.ts";
import { type Fields, isFields } from "../patch/json.ts";

const run = promisify(execFile);
/** A token is renewed so long before it expires. */
const EARLY_MS = 60_000;

export function execCredential(kubeconfig: string, exec: Fields): () => Promise<string | undefined> {
  let current: Promise<Credential> | undefined;
  return async () => {
    const known = await current?.catch(() => undefined);
    if (!known || known.until - EARLY_MS < Date.now()) current = obtain(kubeconfig, exec);
    return (await current)?.token;
  };
}

interface Credential {
  token: string;
  /** Unix milliseconds. */
  until: number;
}

async function obtain(kubeconfig: string, exec: Fields): Promise<Credential> {
  const { command } = exec;
  if (typeof command !== "string") throw failed(kubeconfig, "has an exec without command");
  const args = Array.isArray(exec.args) ? exec.args.map(String) : [];
  const variables = (Array.isArray(exec.env) ? exec.env : []).filter(isFields);
  const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const env: NodeJS.ProcessEnv = { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  for (const { name, value } of variables) if (typeof name === "string") env[name] = String(value);
  // A path with a slash is relative to the kubeconfig, as kubectl has it; a bare name is looked for in PATH.
  const file = command.includes("/") ? resolve(dirname(kubeconfig), command) : command;
  const { stdout } = await run(file, args, { env, timeout: 60_000 }).catch((error: Error) => {
    throw failed(kubeconfig, `runs ${command} for a token, which failed (${error.message})`);
  });
  const answer: unknown = JSON.parse(stdout);
  const status = isFields(answer) && isFields(answer.status) ? answer.status : {};
  if (typeof status.token !== "string") throw failed(kubeconfig, `runs ${command}, which printed no token`);
  const until = typeof status.expirationTimestamp === "string" ? Date.parse(status.expirationTimestamp) : Number.NaN;
  return { token: status.token, until: Number.isNaN(until) ? Number.POSITIVE_INFINITY : until };
}

function failed(kubeconfig: string, why: string): StoreError {
  return new StoreError("Unauthorized", `LTN1012: kubeconfig ${kubeconfig} ${why}`);
}
