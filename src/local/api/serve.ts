/** From request to answer: who asks, whether they may, and who answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { StoreError } from "../../store/error.ts";
import { ANONYMOUS, impersonated } from "./authentication.ts";
import { type Attributes, forbidden } from "./authorization.ts";
import { type Exchange, send, sendError, type User } from "./exchange.ts";
import { accepted } from "./negotiate.ts";
import { isNodeSubresource, nodePath, proxyToNode, refuseUpgrade, spliceToNode } from "./node-proxy.ts";
import { servePage } from "./pages.ts";
import { type ResourceRequest, resourceRequest } from "./request-info.ts";
import { nameOf, serveResource } from "./resources.ts";
import { serveReview } from "./reviews.ts";
import type { ApiWorld } from "./server.ts";
import { proxyToService } from "./service-proxy.ts";
import { serveSpdyExec } from "./spdy/exec.ts";
import { serveSpdyPortForward } from "./spdy/port-forward.ts";
import { acceptSpdy, asksForSpdy } from "./spdy/upgrade.ts";
import { methodNotAllowed, noSuchPath, success } from "./status.ts";
import { serveTokenRequest } from "./token-request.ts";

export async function serveRequest(world: ApiWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "https://localhost");
  const forms = accepted(request.headers.accept);
  const exchange: Exchange = { request, response, url, user: ANONYMOUS, accepted: forms, warnings: [] };
  try {
    exchange.user = await userOf(world, request);
    const info = resourceRequest(request.method ?? "GET", url);
    await authorize(world, exchange.user, info, request.method ?? "GET", url);
    // A log is text whatever the client would like to have, and OpenAPI v2 has a protobuf form.
    const other = info ? isNodeSubresource(info) || info.subresource === "proxy" : url.pathname === "/openapi/v2";
    if (forms.length === 0 && !other) {
      throw new StoreError(
        "NotAcceptable",
        "only the following media types are accepted: application/json, application/yaml",
      );
    }
    if (info) await serveInfo(world, info, exchange);
    else servePage(world, exchange);
  } catch (error) {
    if (!(error instanceof StoreError)) world.onError(error);
    sendError(exchange, error);
  }
}

async function serveInfo(world: ApiWorld, info: ResourceRequest, exchange: Exchange): Promise<void> {
  const resource = world.catalog.find(info.group, info.version, info.resource);
  if (!resource) throw noSuchPath();
  const { namespaced } = resource.type;
  const placed = info.namespace !== undefined;
  // An object is named within its namespace; only lists go across.
  if (namespaced ? info.name !== undefined && !placed : placed) throw noSuchPath();
  if (!resource.verbs.includes("get")) {
    if (info.verb !== "create") throw methodNotAllowed();
    return serveReview(world, info, exchange);
  }
  if (info.subresource !== undefined) {
    const subresource = resource.subresources.find((one) => one.name === info.subresource);
    if (!subresource) throw noSuchPath();
    if (isNodeSubresource(info)) return proxyToNode(world.store, world.nodeSocket, info, exchange);
    if (info.subresource === "proxy") return proxyToService(world.handlers, info, exchange);
    if (!subresource.verbs.includes(info.verb)) throw methodNotAllowed();
    if (info.subresource === "token") return serveTokenRequest(world.store, world.tokens, info, exchange);
    if (info.subresource === "eviction") {
      await world.store.delete(resource.type, nameOf(info));
      return send(exchange, 201, success({ name: info.name, kind: "pods" }));
    }
  }
  return serveResource({ backend: world.backend, resource, info, exchange, closing: world.closing });
}

/** exec, attach and port forwarding: the connection becomes another protocol's. */
export async function serveUpgrade(
  world: ApiWorld,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  client.on("error", () => client.destroy());
  try {
    const url = new URL(request.url ?? "/", "https://localhost");
    const user = await userOf(world, request);
    const info = resourceRequest(request.method ?? "GET", url);
    await authorize(world, user, info, request.method ?? "GET", url);
    if (!info || !isNodeSubresource(info)) throw noSuchPath();
    if (asksForSpdy(request)) await serveSpdy(world, info, url, request, client, head);
    else await spliceToNode(world.store, world.nodeSocket, info, url, request, client, head);
  } catch (error) {
    refuseUpgrade(client, error);
  }
}

async function serveSpdy(
  world: ApiWorld,
  info: ResourceRequest,
  url: URL,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  // Before the upgrade is answered, so that a refusal can still be told.
  const path = await nodePath(world.store, info, url);
  acceptSpdy(request, client, head, (connection) => {
    if (info.subresource === "portforward") {
      serveSpdyPortForward(connection, world.nodeSocket, (port) => `${path.split("?")[0]}?port=${port}`);
    } else serveSpdyExec(connection, url.searchParams, world.nodeSocket, path);
  });
}

async function userOf(world: ApiWorld, request: IncomingMessage): Promise<User> {
  const user = await world.authenticator.authenticate(request.headers.authorization);
  if (!user) throw new StoreError("Unauthorized", "Unauthorized");
  const asked = impersonated(request);
  if (!asked) return user;
  const attributes: Attributes = { verb: "impersonate", group: "", resource: "users", name: asked.username };
  if (!(await world.authorizer.allowed(user, attributes))) throw forbidden(user, attributes);
  return asked;
}

async function authorize(
  world: ApiWorld,
  user: User,
  info: ResourceRequest | undefined,
  method: string,
  url: URL,
): Promise<void> {
  const attributes: Attributes = info
    ? {
        verb: info.verb,
        group: info.group,
        resource: info.subresource === undefined ? info.resource : `${info.resource}/${info.subresource}`,
        namespace: info.namespace,
        name: info.name,
      }
    : { verb: method.toLowerCase(), path: url.pathname };
  if (!(await world.authorizer.allowed(user, attributes))) throw forbidden(user, attributes);
}
