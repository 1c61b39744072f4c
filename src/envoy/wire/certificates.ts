import type { Collection } from "../../engine/collection.ts";
import type { Reader } from "../../engine/derived.ts";
import type { Graph } from "../../engine/graph.ts";
import type { Input } from "../../engine/input.ts";
import { certificateTtlMs } from "../../mesh/workloads.ts";
import { OWN_CERTIFICATE } from "../names.ts";
import type { Peer } from "../resource-source.ts";
import type { MeshRows } from "./mesh-rows.ts";
import { parseRowKey } from "./row-key.ts";

/** The scope of what is the same for every proxy. */
export const MESH_SCOPE = "mesh";

/** A proxy that asks for a certificate of its own. */
export interface CertificateNeed {
  namespace: string;
  serviceAccount: string;
  trustDomain: string;
  /** Its Deployment, app and version: what peers read of the certificate besides the identity. */
  workload: string;
  app: string;
  version: string;
  /** For how long it wants to be certified at a time; undefined: as others. */
  ttlMs: number | undefined;
  /** Of the certificate that the proxy says to have from an earlier stream. */
  has: string | undefined;
}

/** What an issuer gives. Held while its proxy is connected, and nowhere but in memory. */
export interface WorkloadCertificate {
  /** Says what it was made of and how long it is good, so that a proxy that has it need not be given another. */
  version: string;
  /** PEM, with what leads to the root. */
  certificate: string;
  privateKey: string;
}

/** Which proxies need certificates, and what was issued for them. Keys are proxies' ids. */
export class Certificates {
  readonly issued: Input<WorkloadCertificate>;
  /** One row, key "": the certificates in PEM that everybody in the mesh trusts. */
  readonly roots: Input<string>;
  readonly #has: Input<string>;

  constructor(graph: Graph) {
    this.issued = graph.input<WorkloadCertificate>("certificates of proxies");
    this.roots = graph.input<string>("roots of the mesh");
    this.#has = graph.input<string>("certificates that proxies brought along");
  }

  /** @param asked The rows of secrets that proxies ask for. */
  needs(graph: Graph, asked: Collection<true>, proxies: Collection<Peer>, mesh: MeshRows): Collection<CertificateNeed> {
    return graph.deriveMany("certificates needed", asked, (key, _, read) => {
      const { scope, name } = parseRowKey(key);
      const id = proxyOfScope(scope);
      const proxy = id === undefined || name !== OWN_CERTIFICATE ? undefined : read.get(proxies, id);
      const need = proxy && this.#needOf(read, mesh, proxy);
      return need ? [[proxy.id, need] as const] : [];
    });
  }

  /** Takes note of what a proxy says it has; undefined: nothing. */
  claim(id: string, version: string | undefined): void {
    if (version === undefined) this.#has.delete(id);
    else this.#has.set(id, version);
  }

  /** Who it is comes from the token by which it was authenticated; the pod only says what it is called. */
  #needOf(read: Reader, mesh: MeshRows, proxy: Peer): CertificateNeed | undefined {
    const { id, namespace, pod, serviceAccount } = proxy;
    const workload = mesh.workload(read, `${namespace}/${pod}`);
    // a pod of the same name that came later is another, maybe with another account
    if (!workload || workload.serviceAccount !== serviceAccount) return undefined;
    if (!mesh.isSame(read, proxy)) return undefined;
    const object = mesh.pod(read, `${namespace}/${pod}`);
    const { labels } = workload;
    return {
      namespace,
      serviceAccount,
      trustDomain: mesh.settings(read).trustDomain,
      workload: workload.workload,
      app:
        labels["service.istio.io/canonical-name"] ??
        labels["app.kubernetes.io/name"] ??
        labels.app ??
        workload.workload,
      version:
        labels["service.istio.io/canonical-revision"] ?? labels["app.kubernetes.io/version"] ?? labels.version ?? "",
      ttlMs: object && certificateTtlMs(object),
      has: read.get(this.#has, id),
    };
  }
}

/** The scope of what is one proxy's alone. */
export function proxyScope(id: string): string {
  return `proxy ${id}`;
}

/** The inverse of `proxyScope`; undefined for other scopes. */
export function proxyOfScope(scope: string): string | undefined {
  return scope.startsWith("proxy ") ? scope.slice("proxy ".length) : undefined;
}
