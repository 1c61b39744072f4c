/** What the status of a Gateway says. */
import { gatewayKind } from "../../kinds/gateway-api/gateway.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import { condition, type Fault } from "./conditions.ts";
import type { GatewayRow } from "./gateways.ts";
import { isValid, type ListenerStatus, listenerStatus, RESOLVED } from "./listener-status.ts";
import type { Listener } from "./listeners.ts";
import { GROUP } from "./objects.ts";

/** What the status says about the world, as far as it can be seen from objects. */
export interface GatewayState {
  addresses: readonly { type: "IPAddress" | "Hostname"; value: string }[];
  /** Whether a proxy behind the Gateway's Service is ready. */
  ready: boolean;
  /** Routes attached, by listener's id. */
  attached: ReadonlyMap<string, number>;
}

export interface GatewayStatus {
  addresses: GatewayState["addresses"];
  conditions: readonly ConditionRow[];
  listeners: readonly ListenerStatus[];
  /** How many ListenerSets have a listener that is served here. */
  attachedListenerSets: number;
}

export function gatewayStatus(gateway: GatewayRow, generation: number, state: GatewayState): StatusRow<GatewayStatus> {
  return {
    type: gatewayKind.type,
    namespace: gateway.namespace,
    name: gateway.name,
    status: {
      addresses: state.addresses,
      conditions: [
        condition("Accepted", generation, refusal(gateway), acceptance(gateway)),
        condition("Programmed", generation, notProgrammed(gateway, state), {
          reason: "Programmed",
          message: `Served by ${gateway.workloads.join(", ")} behind Service ${gateway.service}`,
        }),
        ...(gateway.backendCertificate || gateway.backendFault
          ? [condition("ResolvedRefs", generation, gateway.backendFault, RESOLVED)]
          : []),
        ...(gateway.insecureFrontend
          ? [condition("InsecureFrontendValidationMode", generation, undefined, INSECURE)]
          : []),
      ],
      listeners: ownListeners(gateway).map((each) =>
        listenerStatus(each, generation, state.attached.get(each.id) ?? 0, notProgrammed(gateway, state)),
      ),
      attachedListenerSets: acceptedSets(gateway).size,
    },
  };
}

/** Those that the Gateway itself names. */
function ownListeners({ listeners }: GatewayRow): Listener[] {
  return listeners.filter(({ owner }) => owner.kind === `${GROUP}/Gateway`);
}

function acceptedSets({ listeners }: GatewayRow): Set<string> {
  const added = listeners.filter((each) => each.owner.kind === `${GROUP}/ListenerSet` && isValid(each));
  return new Set(added.map(({ owner }) => `${owner.namespace}/${owner.name}`));
}

const INSECURE: Fault = {
  reason: "ConfigurationChanged",
  message: "AllowInsecureFallback lets clients in whose certificates are absent or not valid",
};

function refusal(gateway: GatewayRow): Fault | undefined {
  // An address that is not to be had is a matter of Programmed; one of an unknown type makes the Gateway invalid.
  if (gateway.addressFault?.reason === "UnsupportedAddress") return gateway.addressFault;
  if (gateway.parametersFault) return gateway.parametersFault;
  if (ownListeners(gateway).some(({ rejected }) => !rejected)) return undefined;
  return { reason: "ListenersNotValid", message: `none of the listeners can be served: ${rejections(gateway)}` };
}

function acceptance(gateway: GatewayRow): Fault {
  const rejected = rejections(gateway);
  return rejected === ""
    ? { reason: "Accepted", message: "The Gateway is valid" }
    : { reason: "ListenersNotValid", message: `some listeners cannot be served: ${rejected}` };
}

function rejections(gateway: GatewayRow): string {
  return ownListeners(gateway)
    .flatMap(({ name, rejected }) => (rejected ? [`${name}: ${rejected.message}`] : []))
    .join("; ");
}

export function notProgrammed(gateway: GatewayRow, state: GatewayState): Fault | undefined {
  const refused = refusal(gateway);
  if (refused) return { reason: "Invalid", message: refused.message };
  if (gateway.addressFault) return gateway.addressFault;
  const given = new Set(state.addresses.map(({ value }) => value));
  const missing = gateway.addresses.filter((address) => !given.has(address));
  if (missing.length > 0) {
    const message = `Service ${gateway.service} was not given ${missing.join(", ")}: use addresses of the load balancer's`;
    return { reason: "AddressNotUsable", message };
  }
  if (!state.ready) {
    return { reason: "Pending", message: `No proxy behind Service ${gateway.service} is ready yet` };
  }
  if (state.addresses.length === 0) {
    return { reason: "AddressNotAssigned", message: `Service ${gateway.service} has no address yet` };
  }
  return undefined;
}
