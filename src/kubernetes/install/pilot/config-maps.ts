/** What the control plane follows while it runs: the mesh's settings, and those of injection. */
import type { KubeObject } from "../../../store/object.ts";
import type { Installation } from "../installation.ts";
import { pilotMeta, revisioned } from "../names.ts";
import { mergeTrees } from "../tree.ts";
import { yamlOf } from "../yaml.ts";

export function configMaps(installation: Installation): KubeObject[] {
  const configMap = (name: string, data: Record<string, string>): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: pilotMeta(installation, revisioned(name, installation.revision)),
    data,
  });
  return [
    configMap("istio", { mesh: yamlOf([meshConfigOf(installation)]), meshNetworks: "networks: {}\n" }),
    configMap("istio-sidecar-injector", { values: `${JSON.stringify(injectionValues(installation), undefined, 2)}\n` }),
  ];
}

/** What of the values injection goes by. */
export function injectionValues({ revision, values }: Installation): object {
  const { global, sidecarInjectorWebhook, pilot } = values;
  return { revision, global, pilot: { env: pilot.env }, sidecarInjectorWebhook };
}

/** MeshConfig with what follows from the rest of the installation; what users write in it wins. */
export function meshConfigOf({ namespace, revision, values, meshConfig }: Installation): object {
  const { meshID, proxy } = values.global;
  return mergeTrees(
    {
      rootNamespace: namespace,
      trustDomain: "cluster.local",
      ...(proxy.clusterDomain !== "cluster.local" && { proxyDomain: proxy.clusterDomain }),
      defaultConfig: {
        discoveryAddress: `${revisioned("istiod", revision)}.${namespace}.svc:15012`,
        ...(meshID !== "" && { meshId: meshID }),
      },
    },
    meshConfig,
  );
}
