/** The node: the world's network, the agent in it, and the pods, wired to the API. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../kinds/core/pod.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { NODE_NAME } from "./addresses.ts";
import { Agent } from "./agent/agent.ts";
import { Events } from "./api/events.ts";
import { type Informer, type InformerOptions, startInformer } from "./api/informer.ts";
import { builtInImages, curlScript } from "./built-in-images.ts";
import type { NodeHome } from "./home.ts";
import { ImageTable } from "./images.ts";
import { startHolder } from "./network/holder.ts";
import { HostPortOpener } from "./network/host-ports.ts";
import { Ipam } from "./network/ipam.ts";
import { setUpNodeNetwork } from "./network/links.ts";
import { LoadBalancerStatus } from "./network/load-balancer-status.ts";
import { ServiceBook } from "./network/service-book.ts";
import { ServiceProxy } from "./network/service-proxy.ts";
import { keepNode } from "./node-object.ts";
import type { NodeServices } from "./pod/context.ts";
import { Pods } from "./pod/pods.ts";
import {
  CONFIG_MAPS,
  type ConfigMap,
  ENDPOINT_SLICES,
  type EndpointSlice,
  PODS,
  SECRETS,
  SERVICES,
  type Secret,
  type Service,
} from "./resources.ts";
import { serveNode } from "./serve/server.ts";
import { writeJson } from "./system/files.ts";
import { currentMode } from "./system/mode.ts";
import { readProcessFile } from "./system/process-file.ts";
import { isAlive, type ProcessRef } from "./system/processes.ts";
import { keepSystemServices } from "./system-services.ts";
import type { TokenIssuer } from "./volumes/tokens.ts";

export interface NodeOptions {
  home: NodeHome;
  store: Store;
  issueToken: TokenIssuer;
  onError(error: unknown): void;
}

export interface RunningNode {
  /** Lets go of everything and leaves it running, for a later node process to take up. */
  release(): Promise<void>;
}

const REFRESH_MS = 60_000;

export async function runNode({ home, store, issueToken, onError }: NodeOptions): Promise<RunningNode> {
  const ending = new AbortController();
  const { signal } = ending;
  const { nodeNetwork, freshNetwork } = await nodeNetworkOf(home);
  const book = new ServiceBook();
  const proxy = new ServiceProxy(nodeNetwork, onError);
  const agent = new Agent({ home, holder: nodeNetwork, onReady: () => hostPorts.reopen(), onError });
  const events = new Events(store, "kubelet", NODE_NAME);
  const schedulerEvents = new Events(store, "default-scheduler", "");
  const hostPorts = new HostPortOpener(agent, ({ port, service: key, kind }, { message }) => {
    // A load balancer's port is one of two ways to reach it; a node port has no other.
    if (kind === "LoadBalancer") return;
    onError(new Error(`port ${port} of Service ${key} cannot be opened: ${message}`));
    const service = services.get(key);
    if (!service) return;
    const { namespace = "default", name, uid = "" } = service.metadata;
    const remedy = "It is opened when it is free; or choose another nodePort.";
    const subject = { apiVersion: "v1", kind: "Service", namespace, name, uid };
    events.record(subject, "Warning", "PortNotOpened", `127.0.0.1:${port} cannot be opened: ${message}. ${remedy}`);
  });
  const balancers = new LoadBalancerStatus(store, onError);

  const inform = <T extends KubeObject>(
    type: InformerOptions<T>["type"],
    onChange: NonNullable<InformerOptions<T>["onChange"]>,
  ): Informer<T> => startInformer<T>({ store, type, signal, onChange, onError });

  const servicesChanged = (changed: boolean) => {
    if (!changed) return;
    agent.setServices(book.states);
    proxy.set(book.states.values());
    hostPorts.set(book.states.values());
  };
  const entries = <T extends KubeObject>(keys: ReadonlySet<string>, informer: Informer<T>) =>
    [...keys].map((key) => [key, informer.get(key)] as const);
  const services = inform<Service>(SERVICES, (keys, informer) => {
    servicesChanged(book.update(keys, [], informer.get));
    balancers.check(entries(keys, informer).flatMap(([, service]) => service ?? []));
  });
  const slices = inform<EndpointSlice>(ENDPOINT_SLICES, (keys, informer) =>
    servicesChanged(book.update([], entries(keys, informer), services.get)),
  );
  const refreshOf = (keys: ReadonlySet<string>) => {
    for (const namespace of new Set([...keys].map((key) => key.split("/")[0]))) pods.refresh(namespace);
  };
  const configMaps = inform<ConfigMap>(CONFIG_MAPS, refreshOf);
  const secrets = inform<Secret>(SECRETS, refreshOf);

  const node: NodeServices = {
    home: home.dir,
    mode: currentMode(),
    images: new ImageTable(home.imagesFile, builtInImages(home.settingsFile)),
    sources: {
      configMap: (key) => configMaps.get(key),
      secret: (key) => secrets.get(key),
      services: (namespace) => [...services.values()].filter(({ metadata }) => metadata.namespace === namespace),
    },
    issueToken,
    tools: makeTools(home),
    claims: join(home.dir, "volumes"),
    probe: (probe) => agent.probe(probe),
    onError,
  };
  const ipam = new Ipam(home.ipamFile);
  const pods = new Pods({ store, node, events, schedulerEvents, ipam, nodeNetwork, freshNetwork, folder: home.pods });

  await Promise.all([services.synced, slices.synced, configMaps.synced, secrets.synced]);
  // Only now: until the API has been heard, an agent of a former node process knows more than a new one would.
  await agent.start();
  await proxy.settled();
  const server = await serveNode({ path: home.nodeSocket, pods, onError });
  const podInformer = inform<Pod>(PODS, (keys, informer) => pods.update(entries(keys, informer)));
  void keepNode(store, signal, onError);
  void keepSystemServices(store, signal, onError);
  await podInformer.synced;
  await pods.clearForgotten();
  const timer = setInterval(() => pods.refresh(), REFRESH_MS);

  return {
    release: async () => {
      clearInterval(timer);
      ending.abort();
      hostPorts.stop();
      server.close();
      await agent.stop(false);
    },
  };
}

/** The namespace that a former node process made, or a new one. */
async function nodeNetworkOf(home: NodeHome): Promise<{ nodeNetwork: ProcessRef; freshNetwork: boolean }> {
  const former = readProcessFile(home.holderFile);
  const freshNetwork = !isAlive(former);
  const nodeNetwork = isAlive(former) ? former : await startHolder({ home: home.dir });
  writeJson(home.holderFile, nodeNetwork);
  await setUpNodeNetwork(nodeNetwork);
  return { nodeNetwork, freshNetwork };
}

/** Commands that every container is to have. */
function makeTools(home: NodeHome): string {
  const folder = join(home.run, "tools");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "curl"), curlScript());
  chmodSync(join(folder, "curl"), 0o755);
  return folder;
}
