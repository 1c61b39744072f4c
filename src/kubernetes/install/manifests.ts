/** An installation as Kubernetes objects. Pure: the same installation is always the same objects, in the same order. */
import type { KubeObject } from "../../store/object.ts";
import { PROXY_CONTAINER } from "../inject/proxy-container.ts";
import { baseObjects } from "./base.ts";
import { customized } from "./customize.ts";
import { type GatewayKind, gatewayObjects } from "./gateways.ts";
import type { Installation } from "./installation.ts";
import type { ComponentName } from "./names.ts";
import type { Components, GatewayComponentSpec } from "./operator-schema.ts";
import { pilotObjects } from "./pilot/objects.ts";

export interface Component {
  name: ComponentName;
  /** In the order in which they are to be applied. */
  objects: KubeObject[];
}

/** The components that are enabled, in the order in which they need each other. */
export function manifestsOf(installation: Installation): Component[] {
  const { base, pilot, ingressGateways, egressGateways } = installation.components;
  const gateways = (name: GatewayKind, field: string, components: readonly GatewayComponentSpec[]): Component => ({
    name,
    objects: components.flatMap((gateway, i) =>
      (gateway.enabled ?? true)
        ? customized(gatewayObjects(installation, name, gateway), {
            k8s: gateway.k8s,
            field: `spec.components.${field}[${i}].k8s`,
            container: PROXY_CONTAINER,
          })
        : [],
    ),
  });
  const single = (name: ComponentName, field: string, { enabled = true, k8s }: Components["base"], render: Render) => ({
    name,
    objects: enabled
      ? customized(render(installation), { k8s, field: `spec.components.${field}.k8s`, container: "discovery" })
      : [],
  });
  return [
    single("Base", "base", base, baseObjects),
    single("Pilot", "pilot", pilot, pilotObjects),
    gateways("IngressGateways", "ingressGateways", ingressGateways),
    gateways("EgressGateways", "egressGateways", egressGateways),
  ].filter(({ objects }) => objects.length > 0);
}

type Render = (installation: Installation) => KubeObject[];
