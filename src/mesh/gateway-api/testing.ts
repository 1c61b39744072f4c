/** A small world for the tests of this folder: inputs that are set by YAML-like objects, and what is wired on them. */
import { Graph } from "../../engine/graph.ts";
import type { KubeObject, ObjectMeta } from "../../store/object.ts";
import { meshInputs } from "../inputs.ts";
import { wireSettings } from "../settings.ts";
import { wireWorkloads } from "../workloads.ts";
import { wireGatewayApi } from "./wire.ts";

export function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const secrets = graph.input<KubeObject>("Secret in tests");
  const core = { settings: wireSettings(graph, inputs), workloads: wireWorkloads(graph, inputs) };
  const api = wireGatewayApi(graph, inputs, core, secrets);
  inputs.gatewayClasses.set(
    "istio",
    object("GatewayClass", "istio", { controllerName: "istio.io/gateway-controller" }),
  );
  return { graph, inputs, secrets, api, ...setters(inputs) };
}

export function object(kind: string, name: string, spec: unknown, meta: Partial<ObjectMeta> = {}): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind,
    metadata: { name, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", ...meta },
    spec,
  };
}

type Meta = Partial<ObjectMeta>;

function setters(inputs: ReturnType<typeof meshInputs>) {
  const split = (key: string): [string, string] => {
    const [namespace = "", name = ""] = key.split("/");
    return [namespace, name];
  };
  return {
    gateway(key: string, listeners: object[], spec: object = {}): void {
      const [namespace, name] = split(key);
      const all = { gatewayClassName: "istio", listeners, ...spec };
      inputs.k8sGateways.set(key, object("Gateway", name, all, { namespace }));
    },
    route(key: string, spec: object, meta: Meta = {}): void {
      const [namespace, name] = split(key);
      inputs.httpRoutes.set(key, object("HTTPRoute", name, spec, { namespace, ...meta }));
    },
    service(key: string, ...ports: number[]): void {
      const [namespace, name] = split(key);
      inputs.services.set(key, { metadata: { namespace, name }, spec: { ports: ports.map((port) => ({ port })) } });
    },
    namespace(name: string, labels: Record<string, string>): void {
      inputs.namespaces.set(name, { metadata: { name, labels } });
    },
    grant(namespace: string, from: string): void {
      const spec = {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: from }],
        to: [{ group: "", kind: "Service" }],
      };
      inputs.referenceGrants.set(`${namespace}/g`, object("ReferenceGrant", "g", spec, { namespace }));
    },
  };
}
