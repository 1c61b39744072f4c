import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

type Handler = (request: IncomingMessage, url: URL) => Answer | Promise<Answer>;

/** Paths to handlers. A key that ends in `/` also takes whatever is below it; the longest key that fits wins. */
export type Routes = Readonly<Record<string, Handler>>;

export interface ServeOptions {
  /** Port to listen on. Default: the first argument of the program, else 9080. */
  port?: number;
  /** How long no request may come, once asked to end, before the process does. Default: 250 ms. */
  quietMs?: number;
}

/** Peers need a moment to learn that a pod is going; whoever has not yet learnt it is still served. */
const QUIET_MS = 250;

/**
 * Serves `routes` until SIGTERM or SIGINT. From then on every answer closes its connection, and the process ends as
 * soon as nothing is in flight and nothing new has come for a moment: no request is refused in a rolling update.
 */
export function serve(name: string, routes: Routes, options: ServeOptions = {}): void {
  const port = options.port ?? Number(process.argv[2] ?? 9080);
  const quietMs = options.quietMs ?? QUIET_MS;
  let inFlight = 0;
  let ending = false;
  let quiet: NodeJS.Timeout | undefined;

  const server = createServer((request, response) => {
    inFlight++;
    clearTimeout(quiet);
    if (ending) response.setHeader("connection", "close");
    response.once("close", () => {
      inFlight--;
      endWhenQuiet();
    });
    void answer(routes, request, response);
  });

  function endWhenQuiet(): void {
    clearTimeout(quiet);
    if (ending && inFlight === 0) quiet = setTimeout(() => process.exit(0), quietMs);
  }

  function end(signal: NodeJS.Signals): void {
    if (ending) return;
    ending = true;
    console.log(`${name}: ${signal}, ending after ${inFlight} requests in flight`);
    endWhenQuiet();
  }

  // Proxies keep idle connections for long. To close one first is to close it, now and then, on a request on its way.
  server.keepAliveTimeout = 0;
  // As process 1 of a container a signal without a handler would be ignored.
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  server.on("error", (error) => {
    console.error(`${name}: cannot listen on port ${port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, () => console.log(`${name}: listening on port ${port}`));
}

export function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

export function html(body: string): Answer {
  return { status: 200, type: "text/html; charset=utf-8", body };
}

/** The last segment of the path as a number; undefined when it is none. */
export function productId(url: URL): number | undefined {
  const last = url.pathname.split("/").at(-1) ?? "";
  return /^\d+$/.test(last) ? Number(last) : undefined;
}

/** The request's body as text; rejects when it is larger than any of ours needs to be. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > 100_000) throw new Error("body too large");
  }
  return body;
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const started = performance.now();
  const handler = find(routes, url.pathname);
  let result: Answer;
  try {
    result = handler ? await handler(request, url) : { status: 404, type: "text/plain", body: "Not found\n" };
  } catch (error) {
    console.error(`${request.method} ${url.pathname}:`, error);
    result = { status: 500, type: "text/plain", body: "Internal error\n" };
  }
  response.writeHead(result.status, {
    "content-type": result.type,
    "content-length": Buffer.byteLength(result.body),
    ...result.headers,
  });
  response.end(request.method === "HEAD" ? undefined : result.body);
  console.log(`${request.method} ${url.pathname} ${result.status} ${(performance.now() - started).toFixed(1)} ms`);
}

function find(routes: Routes, path: string): Handler | undefined {
  if (routes[path]) return routes[path];
  const fitting = Object.keys(routes).filter((key) => key.length > 1 && key.endsWith("/") && path.startsWith(key));
  return routes[fitting.sort((a, b) => b.length - a.length)[0] ?? ""];
}
