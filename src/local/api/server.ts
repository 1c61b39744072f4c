/**
 * The embedded API server: Kubernetes' REST dialect over HTTPS, on loopback and on a unix socket for pods' way in.
 * What it serves comes from the kinds and the store; it keeps nothing itself but keys and tokens.
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Kind } from "../../kinds/kind.ts";
import { type Authenticator, authenticator } from "./authentication.ts";
import { type Authorizer, authorizer } from "./authorization.ts";
import { type Backend, routed } from "./backend.ts";
import { type Catalog, catalogOf } from "./catalog.ts";
import { crdBackend } from "./crd-backend.ts";
import { credentials, earlierPort, writeKubeconfig } from "./credentials.ts";
import { eventsBackend } from "./events-backend.ts";
import { type OpenApiPages, openApiPages } from "./open-api.ts";
import { serverIdentity } from "./pki.ts";
import { serveRequest, serveUpgrade } from "./serve.ts";
import { type ServiceAccountTokens, serviceAccountTokens } from "./service-account-tokens.ts";
import { type ServiceHandlers, serviceHandlers } from "./service-proxy.ts";

export interface ApiServerOptions {
  store: Backend;
  kinds: readonly Kind[];
  /** LATEEN_HOME. */
  home: string;
  /** Default: the one of the run before when it is free, else any. 0: any. */
  port?: number;
  /** What `kubectl version` shows of the server, without the leading v. */
  version?: string;
  /** Where failures of ours go. */
  onError?(error: unknown): void;
}

export interface ApiServer {
  url: string;
  port: number;
  /** For people: context `lateen`, everything allowed. */
  kubeconfigPath: string;
  /** For the node. */
  nodeKubeconfigPath: string;
  socketPath: string;
  /** PEM: what pods trust this server by. */
  ca: string;
  /** Answers `services/NAME:PORT/proxy/...` from this process. */
  registerServiceHandler: ServiceHandlers["register"];
  /** Whose token it is, for which of the audiences: TokenReview without HTTP. */
  reviewToken: Authenticator["review"];
  close(): Promise<void>;
}

/** Everything that a request may need. */
export interface ApiWorld {
  store: Backend;
  backend: Backend;
  catalog: Catalog;
  openApi: OpenApiPages;
  authenticator: Authenticator;
  authorizer: Authorizer;
  tokens: ServiceAccountTokens;
  handlers: ServiceHandlers;
  nodeSocket: string;
  version: string;
  address(): string;
  closing: AbortSignal;
  onError(error: unknown): void;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, kinds, home } = options;
  const run = join(home, "run");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const identity = await serverIdentity(home);
  const known = credentials(home);
  const tokens = await serviceAccountTokens(home);
  const closing = new AbortController();
  const catalog = catalogOf(kinds);
  const who = authenticator(store, tokens, known);
  const world: ApiWorld = {
    store,
    backend: routed(store, {
      "apiextensions.k8s.io/customresourcedefinitions": crdBackend(kinds, new Date(), store),
      "events.k8s.io/events": eventsBackend(store),
    }),
    catalog,
    openApi: openApiPages(catalog),
    authenticator: who,
    authorizer: authorizer(store),
    tokens,
    handlers: serviceHandlers(),
    nodeSocket: join(run, "node.sock"),
    version: options.version ?? "1.33.0",
    address: () => `127.0.0.1:${port}`,
    closing: closing.signal,
    onError: options.onError ?? (() => undefined),
  };
  const tls = { key: identity.key, cert: identity.certificate };
  const server = httpsServer(tls, world);
  const kubeconfigPath = join(home, "kubeconfig");
  const port = await listenOnLoopback(server, options.port ?? earlierPort(kubeconfigPath));
  const socketPath = join(run, "api.sock");
  const local = httpsServer(tls, world);
  rmSync(socketPath, { force: true });
  await listen(local, { path: socketPath });
  chmodSync(socketPath, 0o600);
  const url = `https://127.0.0.1:${port}`;
  writeKubeconfig(kubeconfigPath, { server: url, ca: identity.ca, user: "lateen-admin", token: known.admin });
  const nodeKubeconfigPath = join(run, "node.kubeconfig");
  writeKubeconfig(nodeKubeconfigPath, { server: url, ca: identity.ca, user: "lateen-node", token: known.node });
  return {
    url,
    port,
    kubeconfigPath,
    nodeKubeconfigPath,
    socketPath,
    ca: identity.ca,
    registerServiceHandler: world.handlers.register,
    reviewToken: who.review,
    async close() {
      closing.abort();
      await Promise.all([server, local].map(closeServer));
      rmSync(socketPath, { force: true });
    },
  };
}

function httpsServer(tls: { key: string; cert: string }, world: ApiWorld): Server {
  const server = createServer(
    // Watches stay open: only what is idle between requests may be closed by time.
    { ...tls, minVersion: "TLSv1.2", requestTimeout: 0, keepAliveTimeout: 75_000 },
    (request: IncomingMessage, response: ServerResponse) => void serveRequest(world, request, response),
  );
  server.on(
    "upgrade",
    (request: IncomingMessage, socket: Duplex, head: Buffer) => void serveUpgrade(world, request, socket, head),
  );
  server.on("tlsClientError", () => undefined);
  return server;
}

async function listenOnLoopback(server: Server, wanted: number | undefined): Promise<number> {
  const host = "127.0.0.1";
  const address = await listen(server, { host, port: wanted ?? 0 }).catch((error: NodeJS.ErrnoException) => {
    // A port that was only remembered may be somebody else's by now.
    if (error.code !== "EADDRINUSE" || wanted === undefined) throw error;
    return listen(server, { host, port: 0 });
  });
  return address;
}

function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const force = setTimeout(() => server.closeAllConnections(), 200);
  await closed;
  clearTimeout(force);
}
