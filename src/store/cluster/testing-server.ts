/** For the tests of this folder: a Kubernetes API over HTTPS in its plainest form, in front of an embedded store. */
import "reflect-metadata";
import { once } from "node:events";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as x509 from "@peculiar/x509";
import { things } from "../embedded/testing.ts";
import { StoreError } from "../error.ts";
import type { KubeObject } from "../object.ts";
import type { Patch, Store, WriteOptions } from "../store.ts";

export interface TestServer {
  port: number;
  ca: string;
  /** `METHOD path` of each request. */
  requests: string[];
  /** Answered instead, once each. */
  refuse: { status: number; headers?: Record<string, string>; body: string }[];
  /** Breaks all connections; new ones are taken. */
  drop(): void;
  close(): void;
}

const PATCHES: Readonly<Record<string, Patch["type"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

export async function startServer(store: Store, token: string, listen: { socket?: string } = {}): Promise<TestServer> {
  const identity = await selfSigned();
  const requests: string[] = [];
  const refuse: TestServer["refuse"] = [];
  const server = createServer(identity, async (request, response) => {
    const url = new URL(request.url ?? "", "https://localhost");
    requests.push(`${request.method} ${url.pathname}`);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const refused = refuse.shift();
    if (refused) return send(refused.status, refused.body, refused.headers);
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(401, status(new StoreError("Unauthorized", "Unauthorized")));
    const [, namespace, name, subresource] =
      /^\/apis\/test\.lateen\.dev\/v1(?:\/namespaces\/([^/]+))?\/things(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
        url.pathname,
      ) ?? [];
    const selection = {
      ...(namespace === undefined ? {} : { namespace }),
      labelSelector: url.searchParams.get("labelSelector") ?? "",
    };
    const at = { ...(namespace === undefined ? {} : { namespace }), name: name ?? "" };
    const warnings: string[] = [];
    const options: WriteOptions = {
      ...(subresource === "status" || subresource === "scale" ? { subresource } : {}),
      fieldManager: url.searchParams.get("fieldManager") ?? "test",
      force: url.searchParams.has("force"),
      dryRun: url.searchParams.has("dryRun"),
      warn: (warning: string): void => void warnings.push(`299 - ${JSON.stringify(warning)}`),
    };
    const body = JSON.parse((await text(request)) || "{}");
    try {
      if (url.searchParams.has("watch")) {
        const gone = new AbortController();
        response.on("close", () => gone.abort());
        response.writeHead(200).flushHeaders();
        const resourceVersion = url.searchParams.get("resourceVersion") ?? "";
        for await (const event of store.watch(things, { ...selection, resourceVersion, signal: gone.signal })) {
          const object =
            event.type === "BOOKMARK" ? { metadata: { resourceVersion: event.resourceVersion } } : event.object;
          const line = Buffer.from(`${JSON.stringify({ type: event.type, object })}\n`);
          // In two pieces: readers must not rely on whole lines.
          response.write(line.subarray(0, 7));
          await new Promise((resolve) => setImmediate(resolve));
          response.write(line.subarray(7));
        }
        return void response.end();
      }
      let result: unknown;
      if (request.method === "GET" && name) result = await store.get(things, at);
      else if (request.method === "GET") {
        const limit = Number(url.searchParams.get("limit") ?? 0);
        const position = url.searchParams.get("continue") ?? "";
        const { items, ...metadata } = await store.list(things, { ...selection, limit, continue: position });
        // As a server does: without what all items share.
        result = { metadata, items: items.map(({ apiVersion: _, kind: __, ...item }) => item) };
      } else if (request.method === "POST") result = await store.create<KubeObject>(things, body, options);
      else if (request.method === "PUT") result = await store.update<KubeObject>(things, body, options);
      else if (request.method === "PATCH") {
        const type = PATCHES[request.headers["content-type"] ?? ""] ?? "json";
        result = await store.patch(things, at, { type, body }, options);
      } else {
        await store.delete(things, at, body);
        result = { kind: "Status", status: "Success" };
      }
      send(200, result, warnings.length > 0 ? { warning: warnings.join(", ") } : {});
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (response.headersSent) response.end(`${JSON.stringify({ type: "ERROR", object: status(error) })}\n`);
      else send(error.code, status(error));
    }
  });
  server.listen(listen.socket ?? { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  return {
    port: isAddress(address) ? address.port : 0,
    ca: identity.cert,
    requests,
    refuse,
    drop: () => server.closeAllConnections(),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

function status({ reason, message, code, causes, details }: StoreError): object {
  return { kind: "Status", status: "Failure", reason, message, code, details: { ...details, causes } };
}

async function selfSigned(): Promise<ServerOptions & { cert: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=test",
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}
