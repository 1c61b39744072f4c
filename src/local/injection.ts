import { namespaceKind } from "../kinds/core/namespace.ts";
import type { Pod } from "../kinds/core/pod.ts";
import { podKind } from "../kinds/core/pod.ts";
import { InjectionError } from "../kubernetes/inject/error.ts";
import { inject } from "../kubernetes/inject/inject.ts";
import type { InjectSettings } from "../kubernetes/inject/settings.ts";
import type { Admission } from "../store/embedded/admission.ts";
import { StoreError } from "../store/error.ts";
import type { KubeObject } from "../store/object.ts";
import type { Store } from "../store/store.ts";

/** Gives new pods their sidecars as they come into the store: what a cluster's mutating webhook does. */
export function injection(store: () => Pick<Store, "get">, settings: InjectSettings): Admission {
  return {
    async admit(operation, type, object) {
      if (operation !== "create" || type.group !== "" || type.plural !== podKind.type.plural) return object;
      const namespace = object.metadata.namespace ?? "default";
      const { metadata } = await store().get<KubeObject>(namespaceKind.type, { name: namespace });
      try {
        return inject(object as Pod, { namespace, namespaceLabels: metadata.labels ?? {}, settings });
      } catch (error) {
        if (!(error instanceof InjectionError)) throw error;
        throw new StoreError("BadRequest", `sidecar injection refuses pod ${object.metadata.name}: ${error.message}`, {
          causes: [{ reason: "FieldValueInvalid", field: error.field, message: error.message }],
        });
      }
    },
  };
}
