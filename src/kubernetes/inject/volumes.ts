import type { Type } from "typebox";
import type { VolumeMount } from "../../kinds/core/container.ts";
import type { Volume } from "../../kinds/core/volume.ts";

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

export const proxyVolumeMounts: Type.Static<typeof VolumeMount>[] = [
  { name: "istio-token", mountPath: "/var/run/secrets/tokens", readOnly: true },
  { name: "istiod-ca-cert", mountPath: "/var/run/secrets/istio", readOnly: true },
];
