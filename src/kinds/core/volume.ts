/** The volumes that the node can make; a cluster's other kinds of volume are kept as they come. */
import type { Type } from "typebox";
import { ObjectFieldSelector, ResourceFieldSelector } from "./container.ts";
import { anything, bool, int, LabelSelector, list, quantity, shape, text } from "./shape.ts";

const KeyToPath = shape("KeyToPath", { key: text, path: text }, { mode: int });

const DownwardAPIFile = shape(
  "DownwardAPIVolumeFile",
  { path: text },
  { fieldRef: ObjectFieldSelector, resourceFieldRef: ResourceFieldSelector, mode: int },
);

const VolumeProjection = shape(
  "VolumeProjection",
  {},
  {
    configMap: shape("ConfigMapProjection", {}, { name: text, items: list(KeyToPath), optional: bool }),
    secret: shape("SecretProjection", {}, { name: text, items: list(KeyToPath), optional: bool }),
    downwardAPI: shape("DownwardAPIProjection", {}, { items: list(DownwardAPIFile) }),
    serviceAccountToken: shape(
      "ServiceAccountTokenProjection",
      { path: text },
      { audience: text, expirationSeconds: int },
    ),
    clusterTrustBundle: shape(
      "ClusterTrustBundleProjection",
      { path: text },
      { name: text, signerName: text, labelSelector: LabelSelector, optional: bool },
    ),
    podCertificate: anything,
  },
);

export const Volume = shape(
  "Volume",
  { name: text },
  {
    configMap: shape(
      "ConfigMapVolumeSource",
      {},
      { name: text, items: list(KeyToPath), defaultMode: int, optional: bool },
    ),
    secret: shape(
      "SecretVolumeSource",
      {},
      { secretName: text, items: list(KeyToPath), defaultMode: int, optional: bool },
    ),
    downwardAPI: shape("DownwardAPIVolumeSource", {}, { items: list(DownwardAPIFile), defaultMode: int }),
    emptyDir: shape("EmptyDirVolumeSource", {}, { medium: text, sizeLimit: quantity }),
    hostPath: shape("HostPathVolumeSource", { path: text }, { type: text }),
    projected: shape("ProjectedVolumeSource", {}, { sources: list(VolumeProjection), defaultMode: int }),
    persistentVolumeClaim: shape("PersistentVolumeClaimVolumeSource", { claimName: text }, { readOnly: bool }),
    awsElasticBlockStore: anything,
    azureDisk: anything,
    azureFile: anything,
    cephfs: anything,
    cinder: anything,
    csi: anything,
    ephemeral: anything,
    fc: anything,
    flexVolume: anything,
    flocker: anything,
    gcePersistentDisk: anything,
    gitRepo: anything,
    glusterfs: anything,
    image: anything,
    iscsi: anything,
    nfs: anything,
    photonPersistentDisk: anything,
    portworxVolume: anything,
    quobyte: anything,
    rbd: anything,
    scaleIO: anything,
    storageos: anything,
    vsphereVolume: anything,
  },
);
export type Volume = Type.Static<typeof Volume>;
