/** The `spec` of an IstioOperator, as far as it is honoured; see unsupported.ts for the rest of Istio's. */
import { Type } from "typebox";
import { anything, bool, list, shape, text, textMap } from "../../kinds/core/shape.ts";
import { KubernetesResources } from "./kubernetes-schema.ts";
import { Values } from "./values-schema.ts";

/** `tag: 1.22` is a number in YAML. */
const tag = Type.Union([Type.String(), Type.Number()]);
const images = { hub: text, tag };
const common = { enabled: bool, k8s: KubernetesResources };

const Base = shape("BaseComponentSpec", {}, common);
const Pilot = shape("ComponentSpec", {}, { ...common, ...images });
const Gateway = shape(
  "GatewayComponentSpec",
  { name: text },
  { ...common, ...images, namespace: text, label: textMap },
);
export type GatewayComponentSpec = Type.Static<typeof Gateway>;

const Components = shape(
  "Components",
  { base: Base, pilot: Pilot, ingressGateways: list(Gateway), egressGateways: list(Gateway) },
  {},
);
export type Components = Type.Static<typeof Components>;

export const OperatorSpec = shape(
  "IstioOperatorSpec",
  { profile: text, hub: text, tag, components: Components, values: Values },
  { namespace: text, revision: text, meshConfig: anything },
);
export type OperatorSpec = Type.Static<typeof OperatorSpec>;
