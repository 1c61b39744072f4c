/** What is allowed, but likely not what is meant. */
import { canonical } from "../../store/patch/json.ts";
import type { Installation, Notice } from "./installation.ts";
import type { GatewayComponentSpec } from "./operator-schema.ts";
import type { Scaling } from "./scaling.ts";

type Read = Omit<Installation, "warnings">;

export function advice(installation: Read): Notice[] {
  const { components, values } = installation;
  const enabled = gatewaysOf(installation).filter(({ gateway }) => gateway.enabled ?? true);
  return [
    ...scaledTwice("values.pilot", values.pilot, "components.pilot", components.pilot),
    ...enabled.flatMap(({ field, kind, gateway }) =>
      scaledTwice(`values.gateways.${kind}`, values.gateways[kind], field, gateway),
    ),
    ...enabled.flatMap((one, i) => sharedLabels(installation, one, enabled.slice(0, i))),
  ];
}

interface Gateway {
  /** `components.ingressGateways[0]` */
  field: string;
  kind: "istio-ingressgateway" | "istio-egressgateway";
  gateway: GatewayComponentSpec;
}

function gatewaysOf({ components: { ingressGateways, egressGateways } }: Read): Gateway[] {
  return [
    ...ingressGateways.map((gateway, i): Gateway => {
      return { field: `components.ingressGateways[${i}]`, kind: "istio-ingressgateway", gateway };
    }),
    ...egressGateways.map((gateway, i): Gateway => {
      return { field: `components.egressGateways[${i}]`, kind: "istio-egressgateway", gateway };
    }),
  ];
}

function scaledTwice(
  field: string,
  { autoscaleEnabled, replicaCount }: Scaling,
  component: string,
  { k8s }: Pick<GatewayComponentSpec, "k8s">,
): Notice[] {
  if (!autoscaleEnabled) return [];
  const reason = `with ${field}.autoscaleEnabled the load decides, from autoscaleMin to autoscaleMax`;
  return [
    ...(replicaCount === undefined
      ? []
      : [{ field: `spec.${field}.replicaCount`, message: `has no effect: ${reason}` }]),
    ...(k8s?.replicaCount === undefined
      ? []
      : [{ field: `spec.${component}.k8s.replicaCount`, message: `is only a start: ${reason}` }]),
  ];
}

/** Of two gateways with the same labels each one's Service sends to both. */
function sharedLabels(installation: Read, one: Gateway, others: readonly Gateway[]): Notice[] {
  const identity = ({ kind, gateway }: Gateway): string =>
    canonical([
      gateway.namespace ?? installation.namespace,
      { ...installation.values.gateways[kind].labels, ...gateway.label },
    ]);
  const twin = others.find((other) => identity(other) === identity(one));
  if (!twin) return [];
  const message = `is needed: without it ${one.gateway.name} has the labels of ${twin.gateway.name}, and its requests`;
  return [{ field: `spec.${one.field}.label`, message }];
}
