/** Paths that are no resources: discovery, OpenAPI, health, version, keys. */
import {
  aggregatedDiscovery,
  aggregatedVersion,
  apiGroupDocument,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from "./discovery.ts";
import { type Exchange, send, sendText } from "./exchange.ts";
import type { ApiWorld } from "./server.ts";
import { ISSUER } from "./service-account-tokens.ts";
import { methodNotAllowed, noSuchPath } from "./status.ts";

export function servePage(world: ApiWorld, exchange: Exchange): void {
  const { request, url } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  const path = url.pathname.replace(/\/+$/, "");
  if (/^\/(healthz|livez|readyz)(\/.*)?$/.test(path)) sendText(exchange, 200, "ok");
  else if (path === "/openapi/v2") openApiV2(exchange);
  else if (path === "/api" || path === "/apis") discoveryRoot(world, exchange, path === "/api");
  else {
    const document = pageAt(world, path);
    if (!document) throw noSuchPath();
    send(exchange, 200, document);
  }
}

function pageAt(world: ApiWorld, path: string): object | undefined {
  const { catalog, openApi } = world;
  const [, root, first, second, third, more] = path.split("/");
  if (path === "") return { paths: PATHS };
  if (path === "/version") return versionInfo(world.version);
  if (path === "/openid/v1/jwks") return world.tokens.jwks;
  if (path === "/.well-known/openid-configuration") return openIdConfiguration(world.address());
  if (path === "/openapi/v3") return openApi.index();
  if (root === "openapi" && first === "v3") return openApi.document(path.slice("/openapi/v3/".length));
  if (more !== undefined || third !== undefined) return undefined;
  const group = catalog.groups.find((one) => one.name === (root === "api" ? "" : first));
  const version = group?.versions.find((one) => one.version === (root === "api" ? first : second));
  if ((root === "api" && second === undefined) || (root === "apis" && second !== undefined)) {
    return version && apiResourceList(version);
  }
  return root === "apis" && group ? apiGroupDocument(group) : undefined;
}

const PATHS = [
  "/.well-known/openid-configuration",
  "/api",
  "/api/v1",
  "/apis",
  "/healthz",
  "/livez",
  "/openapi/v3",
  "/openid/v1/jwks",
  "/readyz",
  "/version",
];

const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * An empty document: what clients need is in v3. kubectl asks here for kinds that it did not find there, in protobuf,
 * and takes a refusal for a server that cannot validate.
 */
function openApiV2(exchange: Exchange): void {
  const { request, response } = exchange;
  if (!request.headers.accept?.includes("proto-openapi.spec.v2")) {
    send(exchange, 200, { swagger: "2.0", info: { title: "Lateen", version: "v1" }, paths: {} });
    return;
  }
  // Field 1, `swagger`, as a text of three bytes.
  const body = Buffer.from([0x0a, 3, ...Buffer.from("2.0")]);
  response.writeHead(200, { "content-type": V2_PROTOBUF, "content-length": body.length });
  response.end(body);
}

function discoveryRoot(world: ApiWorld, exchange: Exchange, core: boolean): void {
  const version = aggregatedVersion(exchange.accepted);
  exchange.response.setHeader("vary", "Accept");
  if (version) {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    send(exchange, 200, aggregatedDiscovery(world.catalog, version, core), type);
  } else send(exchange, 200, core ? apiVersions(world.address()) : apiGroupList(world.catalog));
}

function versionInfo(version: string): object {
  const [major = "1", minor = "33"] = version.split(".");
  return {
    major,
    minor,
    gitVersion: `v${version}+lateen`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "none",
    compiler: "none",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}

function openIdConfiguration(address: string): object {
  return {
    issuer: ISSUER,
    jwks_uri: `https://${address}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}
