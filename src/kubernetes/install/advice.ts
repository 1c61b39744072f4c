/** What is allowed, but likely not what is meant. */
import { canonical } from "../../store/patch/json.ts";
import type { Installation, Notice } from "./installation.ts";
import type { GatewayComponentSpec } from "./operator-schema.ts";

type Read = Omit<Installation, "warnings">;

export function advice(installation: Read): Notice[] {
  const { pilot } = installation.components;
  const { autoscaleEnabled } = installation.values.pilot;
  const enabled = gatewaysOf(installation).filter(({ gateway }) => gateway.enabled ?? true);
  return [
    ...(autoscaleEnabled ? scaledTwice("components.pilot", "values.pilot", pilot.k8s?.replicaCount) : []),
    ...enabled.flatMap(({ field, kind, gateway }) =>
      installation.values.gateways[kind].autoscaleEnabled
        ? scaledTwice(field, `values.gateways.${kind}`, gateway.k8s?.replicaCount)
        : [],
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

function scaledTwice(field: string, values: string, count: number | undefined): Notice[] {
  if (count === undefined) return [];
  const message = `is only a start: with ${values}.autoscaleEnabled the load decides`;
  return [{ field: `spec.${field}.k8s.replicaCount`, message }];
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
