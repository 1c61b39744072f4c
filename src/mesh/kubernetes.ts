/** The parts of Kubernetes' own objects that the mesh model reads. Whoever fills the inputs hands over whole objects. */
import type { ObjectMeta } from "../store/object.ts";

export interface ServiceObject {
  metadata: ObjectMeta;
  spec?: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: readonly string[];
    externalName?: string;
    externalIPs?: readonly string[];
    selector?: Readonly<Record<string, string>>;
    ports?: readonly {
      name?: string;
      port: number;
      protocol?: string;
      appProtocol?: string;
      targetPort?: number | string;
    }[];
  };
}

export interface EndpointSliceObject {
  metadata: ObjectMeta;
  addressType?: string;
  endpoints?:
    | readonly {
        addresses?: readonly string[];
        conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null };
        targetRef?: { kind?: string; namespace?: string; name?: string };
        nodeName?: string;
        zone?: string;
      }[]
    | null;
  ports?: readonly { name?: string | null; port?: number | null; protocol?: string | null }[] | null;
}

interface ContainerPart {
  name: string;
  args?: readonly string[];
  ports?: readonly { name?: string; containerPort: number; protocol?: string }[];
  volumeMounts?: readonly { mountPath: string }[];
  env?: readonly { name: string; value?: string }[];
}

export interface PodObject {
  metadata: ObjectMeta;
  spec?: {
    serviceAccountName?: string;
    nodeName?: string;
    containers?: readonly ContainerPart[];
    initContainers?: readonly ContainerPart[];
  };
  status?: {
    phase?: string;
    podIP?: string;
    podIPs?: readonly { ip?: string }[];
    containerStatuses?: readonly ContainerState[];
    initContainerStatuses?: readonly ContainerState[];
  };
}

interface ContainerState {
  name: string;
  state?: { running?: { startedAt?: string } };
}

export interface NamespaceObject {
  metadata: ObjectMeta;
}

export interface ConfigMapObject {
  metadata: ObjectMeta;
  data?: Readonly<Record<string, string>>;
}

export interface SecretObject {
  metadata: ObjectMeta;
  /** Base64. */
  data?: Readonly<Record<string, string>>;
}
