/** What the ServiceAccount admission of Kubernetes does: a pod runs under an account and gets its token mounted. */
import { randomBytes } from "node:crypto";
import type { Container } from "../../../kinds/core/container.ts";
import type { PodSpec } from "../../../kinds/core/pod-spec.ts";
import { type ServiceAccount, serviceAccountKind } from "../../../kinds/core/service-account.ts";
import type { Volume } from "../../../kinds/core/volume.ts";
import type { Admission } from "../../../store/embedded/admission.ts";
import { forbidden } from "../../../store/refusals.ts";
import type { Store } from "../../../store/store.ts";
import { isPod } from "./pods.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

export function serviceAccounts(store: () => Pick<Store, "get">): Admission {
  return {
    async admit(operation, type, object) {
      if (operation !== "create" || type.group !== "" || type.plural !== "pods" || !isPod(object)) return object;
      const name = object.spec.serviceAccountName || "default";
      const at = { namespace: object.metadata.namespace ?? "", name };
      const account = await store()
        .get<ServiceAccount>(serviceAccountKind.type, at)
        .catch(() => undefined);
      // The account `default` comes to be a moment after its namespace; its pods need not wait for it.
      if (!account && name !== "default") {
        const reason = `error looking up service account ${at.namespace}/${name}: serviceaccount "${name}" not found`;
        throw forbidden(type, object.metadata.name, reason);
      }
      const spec = { ...object.spec, serviceAccountName: name, serviceAccount: name };
      const mounts = spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
      return { ...object, spec: mounts ? withToken(spec) : spec };
    },
  };
}

function withToken(spec: PodSpec): PodSpec {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  if (all.every(hasToken)) return spec;
  const volume = tokenVolume();
  const mounted = (container: Container): Container =>
    hasToken(container)
      ? container
      : {
          ...container,
          volumeMounts: [
            ...(container.volumeMounts ?? []),
            { name: volume.name, mountPath: MOUNT_PATH, readOnly: true },
          ],
        };
  return {
    ...spec,
    volumes: [...(spec.volumes ?? []), volume],
    containers: spec.containers.map(mounted),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(mounted) }),
  };
}

function hasToken(container: Container): boolean {
  return container.volumeMounts?.some((mount) => mount.mountPath === MOUNT_PATH) ?? false;
}

function tokenVolume(): Volume {
  return {
    name: `kube-api-access-${randomBytes(3).toString("hex").slice(0, 5)}`,
    projected: {
      sources: [
        // An odd number, by which Kubernetes tells these tokens from those asked for.
        { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}
