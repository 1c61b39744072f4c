import { Type } from "typebox";
import { Check } from "typebox/value";
import { VolumeMount } from "../../kinds/core/container.ts";
import { Volume } from "../../kinds/core/volume.ts";
import type { Labels } from "../../mesh/model.ts";
import { InjectionError } from "./error.ts";

type Mount = Type.Static<typeof VolumeMount>;

/** Where Envoy reads its token: re-read on every new stream, so that the kubelet's renewal is enough. */
export const TOKEN_PATH = "/var/run/secrets/tokens/istio-token";
/** Where Envoy reads the root that the control plane's certificate comes from. */
export const ROOT_CERT_PATH = "/var/run/secrets/istio/root-cert.pem";

export const proxyVolumes: readonly Volume[] = [
  {
    name: "istio-token",
    projected: {
      sources: [{ serviceAccountToken: { path: "istio-token", expirationSeconds: 43200, audience: "istio-ca" } }],
    },
  },
  { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } },
];

export const proxyVolumeMounts: readonly Mount[] = [
  { name: "istio-token", mountPath: "/var/run/secrets/tokens", readOnly: true },
  { name: "istiod-ca-cert", mountPath: "/var/run/secrets/istio", readOnly: true },
];

/** Where an agent such as SPIRE's gives proxies their certificates, in pods that mount it. */
export const IDENTITY_SOCKET_PATH = "/var/run/secrets/workload-spiffe-uds/socket";

/** What the pod needs for its proxy, with what it asks for by annotation. */
export function volumesFor(annotations: Labels): readonly Volume[] {
  return [...proxyVolumes, ...namedEntries(annotations, "sidecar.istio.io/userVolume", Volume)];
}

export function userVolumeMounts(annotations: Labels): Mount[] {
  return namedEntries(annotations, "sidecar.istio.io/userVolumeMount", VolumeMount);
}

/** JSON: by name (`{"cache": {"emptyDir": {}}}`), or a list of entries with names in them. */
function namedEntries<T extends typeof Volume | typeof VolumeMount>(
  annotations: Labels,
  annotation: string,
  shape: T,
): Type.Static<T>[] {
  const text = annotations[annotation];
  if (text === undefined) return [];
  const remedy = 'write JSON as in {"cache": {"emptyDir": {}}}, or {"cache": {"mountPath": "/cache"}} for its mount';
  const written = jsonOf(text, annotation, remedy);
  const named: unknown[] = Array.isArray(written)
    ? written
    : Object.entries(written ?? {}).map(([name, entry]) => ({ ...Object(entry), name }));
  if (Check(Type.Array(shape), named)) return named;
  throw new InjectionError(annotation, "its entries are not what a pod may have there", remedy);
}

function jsonOf(text: string, annotation: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InjectionError(annotation, "it is not JSON", remedy);
  }
}
