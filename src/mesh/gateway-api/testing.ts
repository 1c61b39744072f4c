/** A small world for the tests of this folder: inputs that are set by YAML-like objects, and what is wired on them. */
import assert from "node:assert/strict";
import { Graph } from "../../engine/graph.ts";
import type { KubeObject, ObjectMeta } from "../../store/object.ts";
import { wireCredentials } from "../credentials.ts";
import type { GatewayHostContribution } from "../gateways.ts";
import { meshInputs } from "../inputs.ts";
import type { HttpAction, HttpRoute } from "../model.ts";
import { wireSettings } from "../settings.ts";
import type { ConditionRow } from "../status-row.ts";
import { wireWorkloads } from "../workloads.ts";
import { wireGatewayApi } from "./wire.ts";

export function world() {
  const graph = new Graph();
  const inputs = meshInputs(graph);
  const core = {
    settings: wireSettings(graph, inputs),
    workloads: wireWorkloads(graph, inputs),
    credentials: wireCredentials(graph, inputs),
  };
  const api = wireGatewayApi(graph, inputs, core);
  inputs.gatewayClasses.set(
    "istio",
    object("GatewayClass", "istio", { controllerName: "istio.io/gateway-controller" }),
  );
  return { graph, inputs, api, ...setters(inputs) };
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
    grant(namespace: string, from: string, kind = "HTTPRoute", toKind = "Service"): void {
      const spec = {
        from: [{ group: "gateway.networking.k8s.io", kind, namespace: from }],
        to: [{ group: "", kind: toKind }],
      };
      inputs.referenceGrants.set(`${namespace}/g`, object("ReferenceGrant", "g", spec, { namespace }));
    },
  };
}

export type World = ReturnType<typeof world>;

export const http = (name: string, more: object = {}) => ({ name, port: 80, protocol: "HTTP", ...more });
export const to = (name: string, more: object = {}) => ({ backendRefs: [{ name, port: 9080, ...more }] });
export const path = (value: string, type = "PathPrefix") => ({ matches: [{ path: { type, value } }] });
export const parent = (name: string, more: object = {}) => ({ parentRefs: [{ name, ...more }] });

export function hostRows({ api }: World): GatewayHostContribution[] {
  return api.hosts.flatMap((rows) => [...rows.entries()].map(([, row]) => row));
}

export function hostsOf({ api }: World): Record<string, string[]> {
  const hosts = api.hosts.flatMap((rows) => [...rows.entries()]);
  return Object.fromEntries(hosts.map(([key, { routes }]) => [key, routes.map(summary)]));
}

export function summary({ matches, action }: HttpRoute): string {
  const { path: at } = matches[0] ?? {};
  return `${at && at.type !== "Present" ? at.value : ""} ${actionText(action)}`;
}

export function actionText(action: HttpAction): string {
  if (action.type === "DirectResponse") return String(action.response.status);
  if (action.type === "Redirect") return `→ ${action.redirect.scheme ?? ""}`;
  return action.destinations.map(({ host, weight }) => `${host.split(".")[0]}*${weight}`).join("+");
}

export function conditionsOf({ api }: World, kind: string, key: string): (readonly ConditionRow[])[] {
  const { gatewayClasses, gateways, routes } = api.statuses;
  if (kind.endsWith("Route")) {
    const found = routes.map((rows) => rows.get(key)).find((status) => status?.type.kind === kind);
    return found?.status.parents.map(({ conditions }) => conditions) ?? [];
  }
  const row = kind === "Gateway" ? gateways.get(key) : gatewayClasses.get(key);
  assert.ok(row, `there is a status for ${key}`);
  return [row.status.conditions];
}

export function reasons(w: World, kind: string, key: string): string[] {
  return conditionsOf(w, kind, key).flatMap((all) => all.map(textOf));
}

export function textOf({ type, status, reason }: ConditionRow): string {
  return `${type}=${status} ${reason}`;
}

export function listenersOf({ api }: World, key: string) {
  return api.statuses.gateways.get(key)?.status.listeners ?? [];
}

export function bookinfo(): World {
  const w = world();
  w.service("default/productpage", 9080);
  w.gateway("default/bookinfo-gateway", [http("http")]);
  w.route("default/bookinfo", {
    ...parent("bookinfo-gateway"),
    rules: [
      {
        matches: [{ path: { type: "Exact", value: "/productpage" } }, { path: { value: "/static" } }],
        ...to("productpage"),
      },
    ],
  });
  return w;
}
