/** A server on a home of its own, and the real kubectl against it. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { kinds } from "../../kinds/registry.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { apiAdmission } from "./admission/index.ts";
import { credentials } from "./credentials.ts";
import { createInitialObjects } from "./initial-objects.ts";
import { type ApiServer, startApiServer } from "./server.ts";

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface TestWorld {
  home: string;
  /** For a kubectl that a test starts itself. */
  env: NodeJS.ProcessEnv;
  store: EmbeddedStore;
  server: ApiServer;
  /** Runs to the end. */
  kubectl(args: string, input?: string | object, environment?: Record<string, string>): Promise<Output>;
  /** As `kubectl`, and throws what it says on stderr when it fails. */
  ok(args: string, input?: string | object): Promise<string>;
  /** Lines of a kubectl that goes on, such as `get -w`, until `enough` of them were seen. */
  follow(
    args: string,
    enough: (lines: readonly string[]) => boolean,
    during?: () => Promise<unknown>,
  ): Promise<string[]>;
  /** A plain request with the admin's token, or another's, or none (""). */
  fetch(path: string, options?: FetchOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  token?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  json(): any;
}

export async function startTestWorld(): Promise<TestWorld> {
  const home = mkdtempSync(join(tmpdir(), "lateen-api-"));
  const store: EmbeddedStore = new EmbeddedStore({
    path: ":memory:",
    kinds,
    admission: apiAdmission(kinds, () => store, home),
  });
  for (const name of ["default", "istio-system"]) {
    await store.create(namespaceKind.type, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await createInitialObjects(store);
  const server = await startApiServer({ store, kinds, home });
  const env = { ...process.env, KUBECONFIG: server.kubeconfigPath, KUBECACHEDIR: join(home, "cache") };
  const kubectl: TestWorld["kubectl"] = (args, input, environment) =>
    new Promise((resolve) => {
      const options = { env: { ...env, ...environment }, maxBuffer: 1 << 24 };
      const child = execFile("kubectl", words(args), options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr: code === -1 ? `${error?.message}\n${stderr}` : stderr });
      });
      child.stdin?.end(input === undefined || typeof input === "string" ? (input ?? "") : JSON.stringify(input));
    });
  return {
    home,
    env,
    store,
    server,
    kubectl,
    async ok(args, input) {
      const output = await kubectl(args, input);
      if (output.code !== 0) throw new Error(`kubectl ${args}: ${output.stderr}`);
      return output.stdout;
    },
    follow: (args, enough, during) => follow(env, args, enough, during),
    fetch: (path, options = {}) => send(server, credentials(home).admin, path, options),
    async close() {
      await server.close();
      store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Splits at blanks, but keeps what stands in single quotes together. */
function words(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

async function follow(
  env: NodeJS.ProcessEnv,
  args: string,
  enough: (lines: readonly string[]) => boolean,
  during: (() => Promise<unknown>) | undefined,
): Promise<string[]> {
  const child = spawn("kubectl", words(args), { env, stdio: ["ignore", "pipe", "inherit"] });
  const timer = setTimeout(() => child.kill(), 15_000);
  let text = "";
  const lines = (): string[] => text.split("\n").slice(0, -1);
  const started = during?.();
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (enough(lines())) break;
  }
  clearTimeout(timer);
  child.kill();
  await started;
  return lines();
}

function send(server: ApiServer, admin: string, path: string, options: FetchOptions): Promise<Answer> {
  const { method = "GET", headers = {}, body, token = admin } = options;
  return new Promise((resolve, reject) => {
    const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
    const outgoing = request(
      `${server.url}${path}`,
      { method, ca: server.ca, headers: { ...authorization, ...headers }, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: () => JSON.parse(text) });
        });
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
