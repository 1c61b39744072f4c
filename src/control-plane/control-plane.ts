import type { IncomingMessage, ServerResponse } from "node:http";
import { Graph } from "../engine/graph.ts";
import type { Input } from "../engine/input.ts";
import { MeshRows } from "../envoy/wire/mesh-rows.ts";
import { EnvoySource } from "../envoy/wire/source.ts";
import { accountAuthenticator, authenticator } from "../identity/authenticator.ts";
import { type AuthoritySource, followAuthority } from "../identity/authority-source.ts";
import { signRequest } from "../identity/certificate-request.ts";
import { issueCertificates } from "../identity/issuer.ts";
import type { Periods } from "../identity/rotation.ts";
import { controlPlaneNames, type ServerIdentity, serverCertificate } from "../identity/server-certificate.ts";
import { type ReviewToken, reviewThrough } from "../identity/token-review.ts";
import type { RateLimit } from "../kinds/lateen/rate-limit-schema.ts";
import { wireGatewayProblems } from "../mesh/gateway-problems.ts";
import { meshInputs } from "../mesh/inputs.ts";
import type { NamespaceObject, PodObject } from "../mesh/kubernetes.ts";
import { wireReferences } from "../mesh/references.ts";
import { wireProviderStatuses } from "../mesh/security/authorization-status.ts";
import { wireKeySetStatuses } from "../mesh/security/key-set-status.ts";
import { wireRateLimitStatuses } from "../mesh/security/rate-limit-status.ts";
import { DEFAULT_SETTINGS, SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import type { Store } from "../store/store.ts";
import type { Hub } from "../xds/hub.ts";
import { type Address, DiscoveryServer } from "../xds/server.ts";
import { debugHandler } from "./debug.ts";
import { meshDuties, revisionDuties } from "./duties.ts";
import { wireGatewayDeployments } from "./gateways/gateway-deployer.ts";
import type { GatewayPod } from "./gateways/gateway-objects.ts";
import { followInputs } from "./inputs.ts";
import { followKeySets } from "./jwks/follow-key-sets.ts";
import type { Network } from "./jwks/network.ts";
import { alwaysLead, type Lead } from "./lead.ts";
import { wireModel } from "./model.ts";
import { oldestProxy } from "./oldest-proxy.ts";
import { keepPeerStandings } from "./peer-standings.ts";
import { type Rejected, type RejectionReports, reportRejections, wireRejections } from "./status/rejections.ts";
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
  /** Default: `default`. */
  revision?: string;
  /** Of this one among several control planes on the store. Default: "". */
  name?: string;
  /** Where it runs and keeps what is its own. Default: istio-system. */
  namespace?: string;
  /** How it reaches who publishes the keys of tokens. Default: this machine's network. */
  network?: Network;
  /** Which of several control planes writes what one alone must write. Default: this one. */
  lead?: Lead;
  /** Whose token a proxy shows. Default: asks the store for a TokenReview. */
  review?: ReviewToken;
  /** How long certificates live, and the steps by which one CA takes the place of another. */
  certificates?: CertificateTimes;
  /** What the pods of automatically deployed gateways look like; without it none are deployed. */
  gatewayPod?: GatewayPod;
  log: Log;
}

export interface CertificateTimes {
  /** Of proxies' certificates. Default: a day. */
  ttlMs?: number;
  rotation?: Periods;
}

export interface ControlPlane {
  graph: Graph;
  hub: Hub;
  authority: AuthoritySource;
  /** What the control plane shows to who connects to it; also for other servers of the same process. */
  identity: ServerIdentity;
  namespaces: Input<NamespaceObject>;
  pods: Input<PodObject>;
  rateLimits: Input<RateLimit>;
  /** One row, key "". */
  gatewayPod: Input<GatewayPod>;
  /** The names by which this control plane's revision goes: its own, and the tags that point at it. */
  revisions: Input<true>;
  /** What proxies reject: of this control plane under its name, and of others as far as whoever starts it tells. */
  rejections: RejectionReports;
  /** Answers `/debug/…`; whoever serves it has checked who asks. */
  debug(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Starts the control plane on a store. Resolves when it has seen all objects and serves proxies. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const {
    store,
    listen,
    log,
    review = reviewThrough(store),
    name = "",
    namespace = SYSTEM_NAMESPACE,
    revision = "default",
    lead = alwaysLead,
    certificates: { ttlMs, rotation } = {},
  } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const failed = (doing: string, error: unknown): void => log.warn({ error: String(error) }, doing);
  const onError = (doing: string) => (error: unknown) => failed(doing, error);
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const model = wireModel(graph, inputs);
  const rows = new MeshRows(graph, inputs, model.mesh, model.gatewayApi);
  const source = new EnvoySource(graph, rows);
  await followInputs(graph, inputs, store, {
    signal,
    namespace,
    meshConfigMap: revision === "default" ? "istio" : `istio-${revision}`,
    onError: onError("watching the store"),
    onAbsent: (kind) => log.info({ kind }, "the store does not have this kind; it is followed as soon as it comes"),
  });
  const kept = await keepUses({ store, graph, uses: source.uses, signal, onError: onError("keeping uses") });

  const settings = () => model.mesh.settings.get("") ?? DEFAULT_SETTINGS;
  const authority = await followAuthority({
    store,
    namespace,
    trustDomain: settings().trustDomain,
    signal,
    onError: onError("following the CA's Secret"),
  });
  const identity = await serverCertificate({
    authority,
    dnsNames: controlPlaneNames(namespace, settings().clusterDomain, revision),
    signal,
    onError: onError("renewing the control plane's certificate"),
  });
  const trust = (): void => source.roots.set("", authority.roots());
  trust();
  authority.onChange(trust);
  issueCertificates({
    graph,
    needs: source.certificateNeeds,
    issued: source.certificates,
    authority,
    ...(ttlMs !== undefined && { ttlMs }),
    signal,
    onError: onError("issuing a certificate"),
  });
  const server = new DiscoveryServer({
    source,
    authenticate: authenticator({ review }),
    identity,
    log,
    certificates: {
      // rare, and what it gives outlives the caller: nobody is believed by what was true a minute ago
      authenticate: accountAuthenticator({ review, cacheMs: 0, refusalCacheMs: 0 }),
      sign: (caller, request) => signRequest(authority, settings().trustDomain, caller, request),
    },
  });
  const rejections = graph.input<readonly Rejected[]>("rejection reports");
  reportRejections(server.hub, rejections, name);

  const peers = model.mesh.peerAuthentications;
  keepPeerStandings({ graph, peers, quiet: () => server.hub.quiet(), signal });

  const gatewayPod = graph.input<GatewayPod>("gateway pod");
  if (options.gatewayPod) gatewayPod.set("", options.gatewayPod);
  const revisions = graph.input<true>("revisions");
  revisions.set(revision, true);
  const deployments = wireGatewayDeployments(graph, {
    rows: model.gatewayApi.gatewayRows,
    objects: inputs.k8sGateways,
    namespaces: inputs.namespaces,
    pod: gatewayPod,
    revisions,
  });
  const statuses = [
    ...Object.values(model.gatewayApi.statuses).flat(),
    ...wireReferences(graph, inputs, model.mesh).statuses,
    wireGatewayProblems(graph, inputs, model.mesh),
    wireRateLimitStatuses(graph, inputs, model.mesh),
    wireKeySetStatuses(graph, inputs, model.mesh.security.authentication),
    wireProviderStatuses(graph, inputs, model.mesh.security.authorization),
    wireRejections(
      graph,
      rejections,
      (replica, read) => replica === name || read.get(inputs.pods, `${namespace}/${replica}`) !== undefined,
    ),
  ];
  const writing = [
    lead(
      "mesh",
      meshDuties({
        store,
        graph,
        statuses,
        authority,
        ...(rotation && { periods: rotation }),
        namespace,
        trustDomain: () => settings().trustDomain,
        oldestProxy: () => oldestProxy(inputs.pods),
        failed,
      }),
      signal,
    ),
    lead("revision", revisionDuties({ store, graph, deployments, failed }), signal),
  ];
  const keySets = await followKeySets({
    store,
    namespace,
    graph,
    inputs,
    mesh: model.mesh,
    network: options.network,
    signal,
    onError: onError("fetching keys of tokens"),
  });
  for (const address of listen) await server.listen(address);

  return {
    graph,
    hub: server.hub,
    authority,
    identity,
    namespaces: inputs.namespaces,
    pods: inputs.pods,
    rateLimits: inputs.rateLimits,
    gatewayPod,
    revisions,
    rejections,
    debug: debugHandler(graph, server.hub, rows, {
      needs: source.certificateNeeds,
      issued: source.certificates,
      authority,
    }),
    close: async () => {
      stop.abort();
      await Promise.all([server.close(), kept.close(), keySets.close(), ...writing]);
    },
  };
}
