import type { IncomingMessage, ServerResponse } from "node:http";
import { Graph } from "../engine/graph.ts";
import { MeshRows } from "../envoy/wire/mesh-rows.ts";
import { EnvoySource } from "../envoy/wire/source.ts";
import { authenticator } from "../identity/authenticator.ts";
import { loadAuthority } from "../identity/authority-secret.ts";
import { keepRootConfigMaps } from "../identity/root-config-maps.ts";
import { controlPlaneNames, serverCertificate } from "../identity/server-certificate.ts";
import { type ReviewToken, reviewThrough } from "../identity/token-review.ts";
import { meshInputs } from "../mesh/inputs.ts";
import { wireReferences } from "../mesh/references.ts";
import { DEFAULT_SETTINGS } from "../mesh/settings.ts";
import type { Store } from "../store/store.ts";
import { type Address, DiscoveryServer } from "../xds/server.ts";
import { debugHandler } from "./debug.ts";
import type { GatewayPod } from "./gateways/gateway-objects.ts";
import { startGatewayControllers } from "./gateways/start.ts";
import { followInputs } from "./inputs.ts";
import { wireModel } from "./model.ts";
import { wireRejections } from "./status/rejections.ts";
import { keepUses } from "./use-store.ts";

/** What the control plane needs of a logger; pino's fits. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ControlPlaneOptions {
  store: Store;
  /** Where proxies find the control plane. */
  listen: readonly Address[];
  /** Whose token a proxy shows. Default: asks the store for a TokenReview. */
  review?: ReviewToken;
  /** What the pods of automatically deployed gateways look like; without it none are deployed. */
  gatewayPod?: GatewayPod;
  log: Log;
}

export interface ControlPlane {
  graph: Graph;
  /** Answers `/debug/…`; whoever serves it has checked who asks. */
  debug(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Starts the control plane on a store. Resolves when it has seen all objects and serves proxies. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, listen, log, review = reviewThrough(store) } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const onError = (doing: string) => (error: unknown) => log.warn({ error: String(error) }, doing);
  const { rootNamespace, trustDomain, clusterDomain } = DEFAULT_SETTINGS;

  const graph = new Graph();
  const inputs = meshInputs(graph);
  const model = wireModel(graph, inputs);
  const source = new EnvoySource(graph, new MeshRows(graph, inputs, model.mesh, model.gatewayApi.meshRoutes));
  await followInputs(graph, inputs, store, { signal, onError: onError("watching the store") });

  const kept = await keepUses({ store, graph, uses: source.uses, onError: onError("keeping what workloads use") });
  const controllers = await startGatewayControllers({
    store,
    graph,
    gatewayApi: model.gatewayApi,
    gateways: inputs.k8sGateways,
    ...(options.gatewayPod && { pod: options.gatewayPod }),
    onError: (doing, error) => log.warn({ error: String(error) }, doing),
  });
  for (const rows of wireReferences(graph, inputs, model.mesh).statuses) controllers.statuses.follow(rows);

  const authority = await loadAuthority(store, rootNamespace, trustDomain);
  void keepRootConfigMaps({ store, roots: authority.roots, signal, onError: onError("writing istio-ca-root-cert") });
  const identity = await serverCertificate({
    authority,
    dnsNames: controlPlaneNames(rootNamespace, clusterDomain),
    signal,
    onError: onError("renewing the control plane's certificate"),
  });
  const authenticate = authenticator({ review });
  const server = new DiscoveryServer({ source, authenticate, identity, log });
  controllers.statuses.follow(wireRejections(graph, server.hub));
  for (const address of listen) await server.listen(address);

  return {
    graph,
    debug: debugHandler(graph, server.hub),
    close: async () => {
      stop.abort();
      await Promise.all([server.close(), controllers.close(), kept.close()]);
    },
  };
}
