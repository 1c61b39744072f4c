/** Records what a real kube-apiserver answers to the scenario: see scenario.ts. */
import { writeFileSync } from "node:fs";
import { ClusterStore } from "../cluster/cluster-store.ts";
import { kubeconfigConnection } from "../cluster/kubeconfig.ts";
import type { KubeObject, ResourceType } from "../object.ts";
import { scenario } from "./scenario.ts";

const definitions: ResourceType = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

const text = { type: "string" };
const integer = { type: "integer" };
const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const listOf = (items: object, list: object = {}): object => ({ type: "array", items, ...list });
const byKeys = (...keys: string[]): object => ({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys });

/** The kind Thing of testing.ts. */
const definition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.test.lateen.dev" },
  spec: {
    group: "test.lateen.dev",
    names: { plural: "things", kind: "Thing" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { ...integer, minimum: 0, default: 1 },
                  color: { ...text, enum: ["red", "blue"] },
                  replicas: integer,
                  selector: open,
                  template: open,
                  ports: listOf(
                    {
                      type: "object",
                      required: ["port", "protocol"],
                      properties: { port: integer, protocol: text, name: text },
                    },
                    byKeys("port", "protocol"),
                  ),
                  names: listOf(text, { "x-kubernetes-list-type": "set" }),
                  tags: listOf(text),
                },
              },
              status: {
                type: "object",
                properties: {
                  ready: { type: "boolean" },
                  replicas: integer,
                  conditions: listOf(
                    { type: "object", required: ["type"], properties: { type: text, status: text } },
                    byKeys("type"),
                  ),
                },
              },
            },
          },
        },
      },
    ],
  },
};

const [kubeconfig] = process.argv.slice(2);
if (kubeconfig === undefined) throw new Error("usage: testing-record.ts KUBECONFIG");
const store = new ClusterStore(await kubeconfigConnection(kubeconfig));
await store.create(definitions, definition);
// Until the new kind is served.
await new Promise((resolve) => setTimeout(resolve, 3000));
const outcomes = await scenario(store);
const file = new URL("testdata/kubernetes-1.34.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(outcomes, null, 2)}\n`);
await store.delete(definitions, definition.metadata);
store.close();
