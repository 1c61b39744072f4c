/** What the status of a ListenerSet says. */
import { listenerSetKind } from "../../kinds/gateway-api/listener-set.ts";
import type { ConditionRow, StatusRow } from "../status-row.ts";
import { condition, type Fault } from "./conditions.ts";
import { type GatewayState, notProgrammed } from "./gateway-status.ts";
import type { GatewayRow } from "./gateways.ts";
import type { ListenerSetParsed } from "./listener-sets.ts";
import { isValid, type ListenerStatus, listenerStatus } from "./listener-status.ts";
import type { Listener } from "./listeners.ts";
import { GROUP } from "./objects.ts";

export interface ListenerSetStatus {
  conditions: readonly ConditionRow[];
  listeners: readonly ListenerStatus[];
}

/** @param allowed Whether the Gateway takes listeners of the set's namespace. */
export function listenerSetStatus(
  { namespace, name, generation }: ListenerSetParsed,
  gateway: GatewayRow,
  state: GatewayState,
  allowed: boolean,
): StatusRow<ListenerSetStatus> {
  const listeners = gateway.listeners.filter(
    ({ owner }) => owner.kind === `${GROUP}/ListenerSet` && owner.namespace === namespace && owner.name === name,
  );
  const refused = allowed ? refusal(listeners) : notAllowed(namespace, gateway);
  const pending = notProgrammed(gateway, state);
  return {
    type: listenerSetKind.type,
    namespace,
    name,
    status: {
      conditions: [
        condition("Accepted", generation, refused, acceptance(listeners)),
        condition("Programmed", generation, refused ?? (pending && { ...pending, reason: "Pending" }), {
          reason: "Programmed",
          message: `Served by Gateway ${gateway.namespace}/${gateway.name}`,
        }),
      ],
      listeners: listeners.map((each) => listenerStatus(each, generation, state.attached.get(each.id) ?? 0, pending)),
    },
  };
}

function notAllowed(namespace: string, gateway: GatewayRow): Fault {
  const message =
    `Gateway ${gateway.namespace}/${gateway.name} takes no ListenerSets of namespace ${namespace}: ` +
    "its spec.allowedListeners says which";
  return { reason: "NotAllowed", message };
}

function refusal(listeners: readonly Listener[]): Fault | undefined {
  if (listeners.some(isValid)) return undefined;
  return { reason: "ListenersNotValid", message: `none of the listeners can be served: ${problems(listeners)}` };
}

function acceptance(listeners: readonly Listener[]): Fault {
  const found = problems(listeners);
  return found === ""
    ? { reason: "Accepted", message: "The listeners are valid" }
    : { reason: "ListenersNotValid", message: `some listeners cannot be served: ${found}` };
}

function problems(listeners: readonly Listener[]): string {
  return listeners
    .filter((each) => !isValid(each))
    .map(({ name, rejected, refFault }) => `${name}: ${(rejected ?? refFault)?.message}`)
    .join("; ");
}
