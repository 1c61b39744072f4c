/** The HTTPS server that an API server calls before it stores objects. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { ServerIdentity } from "../../identity/server-certificate.ts";
import { listen } from "../listen.ts";
import { type AdmissionRequest, answer, readReview, type Verdict } from "./admission-review.ts";

export type Judge = (request: AdmissionRequest) => Promise<Verdict>;

export interface WebhookServerOptions {
  host: string;
  port: number;
  identity: ServerIdentity;
  /** By the first element of the path: `inject`, `validate`. Istio lets more follow, `/inject/cluster/x`. */
  judges: Readonly<Record<string, Judge>>;
  /** Hears of what should not happen: the API server then does what its configuration says (failurePolicy). */
  onError(error: unknown): void;
}

export interface WebhookServer {
  port: number;
  /** Ends when what is being answered has been. */
  close(): Promise<void>;
}

/** An object of etcd's limit twice, the old one and the new, in JSON; and some room. */
const LARGEST_BODY = 8 * 1024 * 1024;
/** API servers wait for 10 s at most by default, and for 30 s ever. */
const REQUEST_MS = 10_000;

export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { identity, host, port } = options;
  const server = createServer({ ...pair(identity), minVersion: "TLSv1.2" }, (request, response) => {
    respond(request, response, options).catch((error: unknown) => {
      options.onError(error);
      if (!response.headersSent) refuse(response, 500, "the webhook failed");
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  // Longer than API servers keep idle connections, so that none is closed just as it is used.
  server.keepAliveTimeout = 120_000;
  // Connections that there are go on with the certificate that they began with.
  const forget = identity.onChange(() => server.setSecureContext(pair(identity)));
  return {
    port: await listen(server, host, port),
    close: async () => {
      forget();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
    },
  };
}

function pair(identity: ServerIdentity): { cert: string; key: string } {
  const { certificate, privateKey } = identity.current();
  return { cert: certificate, key: privateKey };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { judges }: WebhookServerOptions,
): Promise<void> {
  const name = new URL(request.url ?? "/", "https://webhook").pathname.split("/")[1] ?? "";
  const judge = Object.hasOwn(judges, name) ? judges[name] : undefined;
  if (!judge) return refuse(response, 404, "there is no such webhook");
  if (request.method !== "POST") return refuse(response, 405, "an AdmissionReview is sent by POST");
  if (!request.headers["content-type"]?.startsWith("application/json")) {
    return refuse(response, 415, "an AdmissionReview is sent as application/json");
  }
  const body = await bodyOf(request);
  if (body === undefined) return refuse(response, 413, `an AdmissionReview has at most ${LARGEST_BODY} bytes`);
  const review = readReview(parsed(body));
  if (!review) return refuse(response, 400, "this is not an AdmissionReview of admission.k8s.io/v1 with an object");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer(review, await judge(review))));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  // What was not read is not waited for.
  response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(`${message}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
