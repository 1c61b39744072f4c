import { defaultInjectSettings, type InjectSettings } from "../inject/settings.ts";
import { imageOf } from "./image.ts";
import type { Installation } from "./installation.ts";
import { discoveryAddress } from "./pilot/config-maps.ts";
import { at } from "./tree.ts";

/** What the pods of gateways are made with: the settings by which sidecars are injected too. */
export function injectSettings(
  installation: Installation,
  own: { hub?: string; tag?: string | number } = {},
): InjectSettings {
  const { values, revision, namespace, meshConfig } = installation;
  const { proxy, imagePullPolicy, multiCluster } = values.global;
  const trustDomain = at(meshConfig, "trustDomain");
  return {
    ...defaultInjectSettings,
    proxyImage: imageOf(installation, proxy.image, own),
    ...(imagePullPolicy !== "" && { imagePullPolicy }),
    revision,
    rootNamespace: namespace,
    clusterDomain: proxy.clusterDomain,
    clusterId: multiCluster.clusterName,
    ...(typeof trustDomain === "string" && { trustDomain }),
    discoveryAddress: discoveryAddress(installation),
    logLevel: proxy.logLevel,
  };
}
