/** A certificate of the mesh for this process, and the mesh's roots, as gRPC asks for them. */

export interface MeshIdentity {
  /** In PEM; roots one after another. */
  current(): { certificate: string; privateKey: string; roots: string };
  onChange(listener: () => void): () => void;
}

type Listener<U> = (update: U | null) => void;

export function ownCertificates(identity: MeshIdentity) {
  const { add, remove } = listeners(identity, () => {
    const { certificate, privateKey } = identity.current();
    return { certificate: Buffer.from(certificate), privateKey: Buffer.from(privateKey) };
  });
  return {
    addIdentityCertificateListener: add,
    removeIdentityCertificateListener: remove,
    addCaCertificateListener: () => {},
    removeCaCertificateListener: () => {},
  };
}

export function trustedCertificates(identity: MeshIdentity) {
  const { add, remove } = listeners(identity, () => ({ caCertificate: Buffer.from(identity.current().roots) }));
  return {
    addCaCertificateListener: add,
    removeCaCertificateListener: remove,
    addIdentityCertificateListener: () => {},
    removeIdentityCertificateListener: () => {},
  };
}

function listeners<U>(identity: MeshIdentity, update: () => U) {
  const stops = new Map<Listener<U>, () => void>();
  return {
    add(listener: Listener<U>): void {
      stops.set(
        listener,
        identity.onChange(() => listener(update())),
      );
      // Later, as grpc-js expects it: told at once, it would not pass the certificate on to the socket it is about.
      process.nextTick(() => listener(update()));
    },
    remove(listener: Listener<U>): void {
      stops.get(listener)?.();
      stops.delete(listener);
    },
  };
}
