/** For tests: analysis of YAML texts. */
import { parseAllDocuments } from "yaml";
import { kinds } from "../kinds/registry.ts";
import type { KubeObject } from "../store/object.ts";
import { type AnalyzeOptions, analyze } from "./analyze.ts";
import type { Analyzer } from "./analyzer.ts";
import { type Message, originOf } from "./messages.ts";
import { kindOf, type Source } from "./sources.ts";
import { createWorld, type World } from "./world.ts";

/** The objects of a text, those that name no namespace in `default`. */
function objectsIn(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const object: unknown = document.toJS();
    if (!isObject(object)) return [];
    const namespaced = kindOf(object)?.type.namespaced ?? false;
    return [{ ...object, metadata: { ...(namespaced && { namespace: "default" }), ...object.metadata } }];
  });
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && "kind" in value && "metadata" in value;
}

/** A cluster that holds just what the text says. */
export function clusterOf(yaml: string): World {
  return createWorld(
    objectsIn(yaml).map((object) => ({ object })),
    kinds,
  );
}

/** A file that holds the text; what it does not show of is not known. */
export function fileOf(yaml: string): World {
  return createWorld(objectsIn(yaml).map((object): Source => ({ object, place: (field = "") => `x.yaml:${field}` })));
}

/** What one analyzer says of a cluster: `IST0101 VirtualService default/a spec.gateways[0]`. */
export function found(analyzer: Analyzer, yaml: string): string[] {
  return messages(analyzer, clusterOf(yaml)).map(
    ({ code, object, field }) => `${code} ${originOf(object)}${field === "" ? "" : ` ${field}`}`,
  );
}

export function messages(analyzer: Analyzer, world: World, options: AnalyzeOptions = {}): Message[] {
  return analyze(world, { ...options, only: [analyzer.name] }).messages;
}

export const REVIEWS = `
apiVersion: v1
kind: Service
metadata: {name: reviews}
spec: {selector: {app: reviews}, ports: [{name: http, port: 9080, targetPort: 9080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v1, labels: {app: reviews, version: v1}}
spec: {containers: [{name: app, image: a}, {name: istio-proxy, image: p}]}
`;

export const INGRESS = `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: gateway-1, namespace: istio-system, labels: {istio: ingressgateway}}
spec: {containers: [{name: istio-proxy, image: p}]}
`;

/** Documents as one text. */
export function together(...documents: string[]): string {
  return documents.join("\n---\n");
}

export function virtualService(name: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}}, spec: ${spec}}`;
}

export function destinationRule(name: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: ${name}}, spec: ${spec}}`;
}

export function gateway(name: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: ${name}}, spec: ${spec}}`;
}

export function pod(name: string, labels: string, spec = "{containers: [{name: app, image: a}]}"): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: ${labels}}, spec: ${spec}}`;
}

export function namespace(name: string, labels = "{}"): string {
  return `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels}}}`;
}
