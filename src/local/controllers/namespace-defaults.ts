/** What every namespace has: the ServiceAccount `default`, and the root certificate that pods mount. */
import { equal } from "../../engine/equal.ts";
import { keyOf } from "../../store/object.ts";
import type { World } from "./world.ts";

const ACCOUNT = "default";
const ROOT_CERTIFICATE = "kube-root-ca.crt";

export function provideNamespaceDefaults(world: World, rootCertificate: string): void {
  const queue = world.queue("namespace-defaults", async (name) => {
    const namespace = world.namespaces.get(name);
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return;
    if (!world.serviceAccounts.get(`${name}/${ACCOUNT}`)) {
      const metadata = { name: ACCOUNT, namespace: name };
      await world.serviceAccounts.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    }
    await provideRootCertificate(world, name, rootCertificate);
  });
  world.namespaces.onChange(({ after }) => after && queue.add(keyOf(after)));
  world.serviceAccounts.onChange(({ before, after }) => {
    if (!after && before?.metadata.name === ACCOUNT) queue.add(before.metadata.namespace ?? "");
  });
  world.configMaps.onChange(({ before, after }) => {
    const { name, namespace = "" } = (after ?? before)?.metadata ?? {};
    if (name === ROOT_CERTIFICATE) queue.add(namespace);
  });
}

async function provideRootCertificate(world: World, namespace: string, certificate: string): Promise<void> {
  const data = { "ca.crt": certificate };
  const existing = world.configMaps.get(`${namespace}/${ROOT_CERTIFICATE}`);
  if (!existing) {
    const metadata = { name: ROOT_CERTIFICATE, namespace, annotations: { "kubernetes.io/description": DESCRIPTION } };
    await world.configMaps.create({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
  } else if (!equal(existing.data, data)) {
    await world.configMaps.update({ ...existing, data });
  }
}

const DESCRIPTION = "Contains the certificate by which a pod knows this API server.";
