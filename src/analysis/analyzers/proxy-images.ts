import { configMapKind } from "../../kinds/core/config-map.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { PROXY_CONTAINER } from "../../kubernetes/inject/proxy-container.ts";
import type { Analyzer } from "../analyzer.ts";
import { enumeration } from "../enumeration.ts";
import { injectorsOf, revisionOf } from "../injectors.ts";
import { isLeaving } from "../world.ts";

/** A pod that chooses its proxy itself. */
const OWN_IMAGE = "sidecar.istio.io/proxyImage";

export const proxyImagesAnalyzer: Analyzer = {
  name: "injection.ImageAnalyzer",
  description: "Checks that the proxies of pods are those that injection gives now",
  needs: [configMapKind, namespaceKind, podKind],
  analyze(world, report) {
    const injectors = injectorsOf(world);
    const pods = Map.groupBy(world.objects(podKind), ({ metadata }) => metadata.namespace ?? "");
    for (const namespace of world.objects(namespaceKind)) {
      const old = (pods.get(namespace.metadata.name) ?? []).filter((pod) => {
        const wanted = injectors.get(revisionOf(namespace, pod.metadata.labels))?.proxyImage;
        const image = proxyImage(pod);
        return wanted !== undefined && image !== undefined && image !== wanted;
      });
      if (old.length === 0) continue;
      const names = enumeration(old.map(({ metadata }) => metadata.name).sort());
      const text = `the proxies of pods differ from what injection gives now: ${names}`;
      const remedy = "they are of before an upgrade: restart what they belong to";
      report("PodsIstioProxyImageMismatchInNamespace", namespace, "metadata.name", text, remedy);
    }
  },
};

function proxyImage(pod: Pod): string | undefined {
  const { metadata, spec } = pod;
  if (isLeaving(pod) || metadata.annotations?.[OWN_IMAGE] !== undefined) return undefined;
  return [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === PROXY_CONTAINER)?.image;
}
