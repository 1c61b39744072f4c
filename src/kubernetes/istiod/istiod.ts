/** The control plane as a process on a cluster: xDS, webhooks, probes and metrics, beside other replicas of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlane, type Log, startControlPlane } from "../../control-plane/control-plane.ts";
import type { Role } from "../../control-plane/lead.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { meshKinds } from "../../kinds/mesh-kinds.ts";
import type { Store } from "../../store/store.ts";
import { version } from "../../version.ts";
import { gatewayPodTemplate } from "../inject/gateway-pod.ts";
import { defaultInjectSettings, type InjectSettings } from "../inject/settings.ts";
import { injectionWebhook } from "../webhooks/injection.ts";
import { keepConfigurations } from "../webhooks/keep-configurations.ts";
import { followRevisionTags } from "../webhooks/revision-tags.ts";
import { startWebhookServer } from "../webhooks/server.ts";
import { validationWebhook } from "../webhooks/validation.ts";
import { Candidate } from "./candidate.ts";
import { elect } from "./election.ts";
import type { Environment } from "./environment.ts";
import { followSettings } from "./follow-settings.ts";
import { listenPlain } from "./http.ts";
import { type Election, leadership } from "./leadership.ts";
import { countXds, Metrics, measure } from "./metrics.ts";
import type { Ports } from "./ports.ts";
import { shareRejections } from "./share-rejections.ts";
import { withoutRepetition } from "./troubles.ts";

export interface IstiodOptions {
  store: Store;
  environment: Environment;
  ports: Ports;
  log: Log;
  /** How long, after it is no longer ready, new proxies are still served: until nobody is sent here. Default 3 s. */
  drainMs?: number;
}

export interface Istiod {
  controlPlane: ControlPlane;
  /** Not ready at once, then proxies are sent to another replica, leases given back, and all ends. */
  stop(): Promise<void>;
}

const ANYWHERE = "0.0.0.0";
const LOOPBACK = "127.0.0.1";

export async function startIstiod(options: IstiodOptions): Promise<Istiod> {
  const { store, environment, ports, drainMs = 3_000 } = options;
  const log = withoutRepetition(options.log);
  const { revision, podName, namespace, certificateTtlMs: ttlMs } = environment;
  const stop = new AbortController();
  const { signal } = stop;
  const onError = (doing: string) => (error: unknown) => log.warn({ error: String(error) }, doing);
  let ready = false;

  const probes = await listenPlain(ANYWHERE, ports.probes, ({ url }, response) => {
    const status = url === "/live" ? 200 : url === "/ready" ? (ready ? 200 : 503) : 404;
    response.writeHead(status).end();
  });

  // Which names the revision goes by is known only when the control plane runs.
  let isDefault = (): boolean => revision === "default";
  const election =
    (role: Role): Election =>
    (work, until) => {
      const candidate = new Candidate({
        store,
        namespace,
        name: role === "mesh" ? "istio-leader" : `istio-leader-${revision}`,
        identity: podName,
        revision,
        preferred: () => role === "mesh" && isDefault(),
      });
      return elect({ candidate, signal: until, onError: onError("holding a lease") }, async (term) => {
        log.info({ role, revision }, "leads");
        await work(term);
        log.info({ role, revision }, "leads no longer");
      });
    };
  const held = leadership({ mesh: election("mesh"), revision: election("revision") }, onError("leading"));

  const controlPlane = await startControlPlane({
    store,
    listen: [{ host: ANYWHERE, port: ports.xds }],
    revision,
    name: podName,
    namespace,
    lead: held.lead,
    ...(ttlMs !== undefined && { certificates: { ttlMs } }),
    log,
  });
  const { graph, hub, authority, identity, namespaces, pods, gatewayPod, revisions, rejections } = controlPlane;
  isDefault = () => revisions.get("default") === true;
  await followRevisionTags({
    store,
    graph,
    revision,
    names: revisions,
    signal,
    onError: onError("following revision tags"),
  });

  let settings: InjectSettings = defaultInjectSettings;
  await followSettings({
    store,
    namespace,
    revision,
    signal,
    onError: onError("reading the settings of injection"),
    use: (now) => {
      settings = now;
      gatewayPod.set("", (request) => gatewayPodTemplate(request, now));
    },
  });
  const namespaceLabels = async (name: string, fresh: boolean) => {
    const known = namespaces.get(name);
    const { metadata } = known && !fresh ? known : await store.get(namespaceKind.type, { name });
    return metadata.labels ?? {};
  };

  const metrics = new Metrics();
  countXds(metrics, hub);
  const webhooks = await startWebhookServer({
    host: ANYWHERE,
    port: ports.webhooks,
    identity,
    judges: {
      inject: injectionWebhook({
        settings: () => settings,
        namespaceLabels,
        isOurs: (name) => revisions.get(name) === true,
      }),
      validate: validationWebhook(meshKinds),
    },
    onError: onError("answering the API server"),
  });
  const told = shareRejections({
    store,
    graph,
    reports: rejections,
    own: podName,
    namespace,
    lives: (pod) => pods.get(`${namespace}/${pod}`) !== undefined,
    signal,
    onError: onError("sharing what proxies reject"),
  });
  const kept = held.lead(
    "revision",
    (until) =>
      keepConfigurations({
        store,
        revision,
        namespace,
        authority,
        signal: until,
        onError: onError("keeping the webhooks' configurations"),
      }),
    signal,
  );
  const monitoring = await listenPlain(ANYWHERE, ports.monitoring, ({ url }, response) => {
    measure(metrics, hub, version());
    if (url === "/metrics")
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics.text());
    else if (url === "/version") response.writeHead(200).end(version());
    else response.writeHead(404).end();
  });
  const debug = await listenPlain(LOOPBACK, ports.debug, controlPlane.debug);
  ready = true;
  log.info({ revision, version: version(), ports }, "ready");

  return {
    controlPlane,
    stop: async () => {
      ready = false;
      // Proxies and the API server are still led here until it is known everywhere that we are not ready.
      await Promise.all([held.close(), sleep(drainMs)]);
      stop.abort();
      await Promise.all([told, kept, controlPlane.close(), webhooks.close(), monitoring.close(), debug.close()]);
      await probes.close();
    },
  };
}
