/**
 * The one-machine world: the embedded API and its store, Kubernetes' controllers, the control plane, and the node. This
 * process is all of it but the node, which is a process of its own and survives this one.
 */
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { destination, pino } from "pino";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import type { GatewayPod } from "../control-plane/gateways/gateway-objects.ts";
import { ingressGatewayObjects } from "../control-plane/gateways/ingress-gateway.ts";
import { SIDECAR_MARK } from "../envoy/bootstrap.ts";
import { kinds } from "../kinds/registry.ts";
import { gatewayPodTemplate } from "../kubernetes/inject/gateway-pod.ts";
import { defaultInjectSettings, type InjectSettings } from "../kubernetes/inject/settings.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { apiAdmission } from "./api/admission/index.ts";
import { createInitialObjects } from "./api/initial-objects.ts";
import { type ApiServer, startApiServer } from "./api/server.ts";
import { startControllers } from "./controllers/start.ts";
import { injection } from "./injection.ts";
import { deployLimiterWhenNeeded } from "./limiter.ts";
import { createMeshObjects } from "./mesh-objects.ts";
import { nodeHome } from "./node/home.ts";
import { findNode, startNode, stopNode } from "./node/lifecycle.ts";
import { markPodsStopped } from "./stale-pods.ts";
import { writeWorldFile } from "./world-file.ts";
import { worldNetwork } from "./world-network.ts";

export interface WorldOptions {
  home: string;
  /** Path of the Envoy that sidecars run. */
  envoy: string;
  /** Hears of each step that takes a while. */
  say(line: string): void;
}

export interface World {
  api: ApiServer;
  /** Stops everything, pods included. Objects stay, and come to life again with the next start. */
  stop(): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { say, envoy } = options;
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const home = realpathSync(options.home);
  mkdirSync(join(home, "logs"), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, "settings.json"), JSON.stringify({ envoy }), { mode: 0o600 });
  const log = pino({ base: null }, destination({ dest: join(home, "logs/lateen.log"), sync: true }));
  const onError = (error: unknown): void => log.warn({ error: String(error) }, "tried again or left alone");
  const stopping = new AbortController();

  const gatewayPod: GatewayPod = (request) => gatewayPodTemplate(request, injectSettings());
  const store: EmbeddedStore = new EmbeddedStore({
    path: join(home, "lateen.db"),
    kinds,
    admission: [injection(() => store, injectSettings()), ...apiAdmission(kinds, () => store, home)],
  });
  const api = await startApiServer({ store, kinds, home, onError });
  if (!findNode(home)) await markPodsStopped(store, new Date());
  await startControllers(
    store,
    { rootCertificate: api.ca, report: (_controller, _key, error) => onError(error) },
    stopping.signal,
  );
  await createInitialObjects(store);
  await createMeshObjects(store);
  say(`Kubernetes API on ${api.url}`);

  const controlPlane: ControlPlane = await startControlPlane({
    store,
    listen: [{ path: join(home, "run/xds.sock") }],
    log,
    gatewayPod,
    network: worldNetwork(store, nodeHome(home).nodeSocket),
    review: async (token, audience) => {
      const found = await api.reviewToken(token, [audience]);
      return found ? { authenticated: true, ...found } : { authenticated: false, error: "the token is not valid" };
    },
  });
  const { graph, rateLimits } = controlPlane;
  deployLimiterWhenNeeded({ store, graph, rateLimits, onError });
  api.registerServiceHandler("istio-system", "istiod", 15014, controlPlane.debug);
  for (const { type, object } of ingressGatewayObjects("istio-system", gatewayPod)) {
    const { namespace = "", name } = object.metadata;
    await store.patch(
      type,
      { namespace, name },
      { type: "apply", body: object },
      { fieldManager: "lateen", force: true },
    );
  }
  say("Control plane ready");

  await startNode({ home });
  say("Node ready");
  writeWorldFile(home, { pid: process.pid, apiServer: api.url, kubeconfig: api.kubeconfigPath });

  return {
    api,
    stop: async () => {
      await stopNode(home);
      await controlPlane.close();
      stopping.abort();
      await api.close();
      store.close();
      rmSync(join(home, "run/world.json"), { force: true });
    },
  };
}

/** Where all processes have one uid, Envoy's connections are told apart by a mark. */
function injectSettings(): InjectSettings {
  return process.getuid?.() === 0 ? defaultInjectSettings : { ...defaultInjectSettings, socketMark: SIDECAR_MARK };
}
