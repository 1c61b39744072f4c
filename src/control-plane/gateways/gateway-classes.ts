import { gatewayClassKind } from "../../kinds/gateway-api/gateway-class.ts";
import { CONTROLLER_NAME } from "../../mesh/gateway-api/gateways.ts";
import { StoreError } from "../../store/error.ts";
import { apiVersionOf } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";

/** Makes the GatewayClass `istio`, unless there is one: what people have changed in theirs stays. */
export async function ensureGatewayClasses(store: Store): Promise<void> {
  const { type } = gatewayClassKind;
  try {
    await store.create(type, {
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: { name: "istio" },
      spec: { controllerName: CONTROLLER_NAME, description: "The default Istio GatewayClass" },
    });
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "AlreadyExists")) throw error;
  }
}
