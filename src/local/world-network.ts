/**
 * The world's own network as the control process reaches it, which is outside of it: names and addresses of Services
 * and pods are looked up in the store, and connections go through the node, as `kubectl port-forward` does.
 */
import { Duplex } from "node:stream";
import { hostNetwork, type Network } from "../control-plane/jwks/network.ts";
import type { EndpointSliceObject, PodObject, ServiceObject } from "../mesh/kubernetes.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";
import { openNodeChannel } from "./api/spdy/node-channel.ts";
import { SERVICE_LABEL } from "./node/network/service-state.ts";
import { ENDPOINT_SLICES, PODS, SERVICES } from "./node/resources.ts";

interface PodPort {
  namespace: string;
  name: string;
  port: number;
}

export function worldNetwork(store: Store, nodeSocket: string): Network {
  return {
    resolve: async (host) => (await serviceAddress(store, host)) ?? hostNetwork.resolve(host),
    connect: async (address, port) => {
      const target = (await behindService(store, address, port)) ?? (await podAt(store, address, port));
      return target ? podStream(nodeSocket, target) : hostNetwork.connect(address, port);
    },
  };
}

const SERVICE_NAME = /^([^.]+)\.([^.]+)(\.svc(\.cluster\.local)?)?$/;

async function serviceAddress(store: Store, host: string): Promise<string[] | undefined> {
  const [, name, namespace = ""] = SERVICE_NAME.exec(host) ?? [];
  if (name === undefined) return undefined;
  const { items } = await store.list<Service>(SERVICES, { namespace, fieldSelector: `metadata.name=${name}` });
  const address = items[0]?.spec?.clusterIP;
  return address ? [address] : undefined;
}

type Service = ServiceObject & KubeObject;
type EndpointSlice = EndpointSliceObject & KubeObject;
type Pod = PodObject & KubeObject;

async function behindService(store: Store, address: string, port: number): Promise<PodPort | undefined> {
  const services = await store.list<Service>(SERVICES);
  const service = services.items.find(({ spec }) => spec?.clusterIP === address);
  const exposed = service?.spec?.ports?.find((each) => each.port === port);
  if (!service || !exposed) return undefined;
  const { name, namespace = "" } = service.metadata;
  const slices = await store.list<EndpointSlice>(ENDPOINT_SLICES, {
    namespace,
    labelSelector: `${SERVICE_LABEL}=${name}`,
  });
  for (const { endpoints, ports } of slices.items) {
    const target = ports?.find((each) => (each.name ?? "") === (exposed.name ?? ""))?.port;
    const pod = endpoints?.find(({ conditions, targetRef }) => conditions?.ready !== false && targetRef)?.targetRef;
    if (target && pod) return { namespace, name: pod.name ?? "", port: target };
  }
  throw new Error(`no pod is ready behind Service ${namespace}/${name}`);
}

async function podAt(store: Store, address: string, port: number): Promise<PodPort | undefined> {
  const { items } = await store.list<Pod>(PODS);
  const pod = items.find(({ status }) => status?.podIP === address);
  return pod && { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name, port };
}

function podStream(nodeSocket: string, { namespace, name, port }: PodPort): Duplex {
  // The first message on each channel is the port's number.
  const begun = new Set<number>();
  const node = openNodeChannel(nodeSocket, `/portforward/${namespace}/${name}?port=${port}`, {
    onMessage(channel, data) {
      if (!begun.has(channel)) begun.add(channel);
      else if (channel === 0) stream.push(data);
      else stream.destroy(new Error(data.toString()));
      return undefined;
    },
    onClose: (error) => {
      if (error === undefined) stream.push(null);
      else stream.destroy(new Error(error));
    },
  });
  const stream = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => void node.send(0, chunk).then(() => done(), done),
    destroy(error, done) {
      node.close();
      done(error);
    },
  });
  return stream;
}
