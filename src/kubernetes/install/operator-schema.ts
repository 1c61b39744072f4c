/** The `spec` of an IstioOperator, as far as it is honoured; see unsupported.ts for the rest of Istio's. */
import { Type } from "typebox";
import { anything, bool, list, shape, text, textMap } from "../../kinds/core/shape.ts";
import { KubernetesResources } from "./kubernetes-schema.ts";
import { Values } from "./values-schema.ts";

/** `tag: 1.22` is a number in YAML. */
const tag = Type.Union([Type.String(), Type.Number()]);
const component = { enabled: bool, namespace: text, hub: text, tag, k8s: KubernetesResources };

const Component = shape("ComponentSpec", {}, component);
export type ComponentSpec = Type.Static<typeof Component>;

const Gateway = shape("GatewayComponentSpec", { name: text }, { ...component, label: textMap });
export type GatewayComponentSpec = Type.Static<typeof Gateway>;

const Components = shape(
  "Components",
  { base: Component, pilot: Component, ingressGateways: list(Gateway), egressGateways: list(Gateway) },
  {},
);
export type Components = Type.Static<typeof Components>;

export const OperatorSpec = shape(
  "IstioOperatorSpec",
  { profile: text, hub: text, tag, components: Components, values: Values },
  { namespace: text, revision: text, meshConfig: anything },
);
export type OperatorSpec = Type.Static<typeof OperatorSpec>;
