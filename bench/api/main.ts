/**
 * `npm run bench:api`: what a control plane costs that reads a real kube-apiserver, with as many simulated sidecars as one
 * likes. It makes a cluster with Lateen on it; with --kubeconfig FILE --xds HOST:PORT [--pid PID] it measures what is
 * there. It only speaks Kubernetes and delta ADS, so that it can be pointed at istiod as well: docs/bench.md.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { configMapKind } from "../../src/kinds/core/config-map.ts";
import { ClusterStore } from "../../src/store/cluster/cluster-store.ts";
import { Http } from "../../src/store/cluster/http.ts";
import { kubeconfigConnection } from "../../src/store/cluster/kubeconfig.ts";
import type { KubeObject } from "../../src/store/object.ts";
import type { Store } from "../../src/store/store.ts";
import { eventually } from "../../test/support/eventually.ts";
import { printFigures } from "../figure.ts";
import { createMesh, forEach, NAMESPACE, podAddress, podName, serviceName } from "./objects.ts";
import { ownControlPlane } from "./own-control-plane.ts";
import { SimulatedProxy } from "./proxy.ts";
import { POPULAR, rounds } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    xds: { type: "string" },
    root: { type: "string" },
    "server-name": { type: "string", default: "istiod.istio-system.svc" },
    pid: { type: "string" },
    services: { type: "string", default: "1000" },
    sidecars: { type: "string", default: "300" },
    used: { type: "string", default: "10" },
  },
});
if ((values.kubeconfig === undefined) !== (values.xds === undefined)) {
  console.error(
    "Say both or none: which API and which control plane, --kubeconfig FILE --xds HOST:PORT (docs/bench.md).",
  );
  process.exit(2);
}
const { kubeconfig, xds, pid, close } =
  values.kubeconfig === undefined || values.xds === undefined
    ? await ownControlPlane()
    : { kubeconfig: values.kubeconfig, xds: values.xds, pid: values.pid && Number(values.pid), close: async () => {} };
const services = Number(values.services);
const sidecars = Number(values.sidecars);
const used = Number(values.used);

const connection = await kubeconfigConnection(kubeconfig);
const store = new ClusterStore(connection);
const http = new Http(connection);
console.log(`Creating ${services} services and ${sidecars} pods …`);
await createMesh(store, services, sidecars);
const root = values.root === undefined ? await eventually(() => rootFrom(store)) : readFileSync(values.root);
const tokens: string[] = [];
await forEach(sidecars, async (index) => {
  tokens[index] = await tokenOf(index);
});
const figures = await rounds({ store, pid: pid || undefined }, connect);
printFigures(`${services} services, ${sidecars} sidecars on ${xds}`, figures);
store.close();
http.close();
await close();

async function connect(): Promise<SimulatedProxy[]> {
  return tokens.map((token, index) => {
    const metadata = {
      NAMESPACE,
      CLUSTER_ID: "Kubernetes",
      SERVICE_ACCOUNT: "default",
      GENERATOR: "",
      LABELS: { app: podName(index) },
    };
    const options = {
      address: xds,
      root,
      serverName: values["server-name"],
      token,
      nodeId: `sidecar~${podAddress(index)}~${podName(index)}.${NAMESPACE}~${NAMESPACE}.svc.cluster.local`,
      metadata,
      hosts: hostsOf(index),
    };
    return new SimulatedProxy(options, (error) => {
      if (!/cancelled/i.test(error.message)) throw new Error(`the stream of ${podName(index)} ended`, { cause: error });
    });
  });
}

/** The popular service and others of the sidecar's own choice. */
function hostsOf(sidecar: number): string[] {
  const own = Array.from({ length: used - 1 }, (_, k) => 1 + ((sidecar * (used - 1) + k) % (services - 1)));
  return [POPULAR, ...own].map((index) => serviceName(index));
}

/** The root that the control plane publishes for pods. */
async function rootFrom(from: Store): Promise<Buffer> {
  const name = { namespace: NAMESPACE, name: "istio-ca-root-cert" };
  const { data } = await from.get<KubeObject & { data?: Record<string, string> }>(configMapKind.type, name);
  return Buffer.from(data?.["root-cert.pem"] ?? "");
}

/** A token as the kubelet would get it for the volume of a sidecar: bound to its pod, for the mesh's CA. */
async function tokenOf(index: number): Promise<string> {
  const answer = await http.json({
    method: "POST",
    path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default/token`,
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: ["istio-ca"],
        expirationSeconds: 3600,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: podName(index) },
      },
    },
  });
  const status = typeof answer === "object" && answer !== null && "status" in answer ? answer.status : undefined;
  if (typeof status !== "object" || status === null || !("token" in status)) throw new Error("no token was given");
  return String(status.token);
}
