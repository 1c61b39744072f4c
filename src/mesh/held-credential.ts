/** What a gateway shows or trusts and an object of the API holds: the proxy asks for it by name. */
export interface HeldCredential {
  /** Istio's name: `kubernetes://cert`, `kubernetes-gateway://default/cert`; of roots with `-cacert` at the end. */
  resource: string;
  part: "KeyPair" | "Roots";
  kind: "Secret" | "ConfigMap";
  /** `namespace/name`. Roots of several objects count together. */
  objects: readonly string[];
}
