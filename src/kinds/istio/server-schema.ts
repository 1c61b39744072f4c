/** The TLS settings of a server: of a Gateway, or of a Sidecar's ingress. */
import { Type } from "typebox";
import { oneOfFields, ruled } from "./cel.ts";
import { bool, oneOf, shape, text, texts } from "./common.ts";

const tlsVersion = oneOf("TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3");

export const ServerTls = ruled(
  shape(
    "ServerTLSSettings",
    {},
    {
      httpsRedirect: bool,
      mode: oneOf("PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"),
      serverCertificate: text,
      privateKey: text,
      caCertificates: text,
      caCrl: text,
      credentialName: text,
      credentialNames: Type.Array(text, { minItems: 1, maxItems: 2 }),
      caCertCredentialName: text,
      tlsCertificates: Type.Array(
        shape("TLSCertificate", {}, { serverCertificate: text, privateKey: text, caCertificates: text }),
        { minItems: 1, maxItems: 2 },
      ),
      subjectAltNames: texts,
      verifyCertificateSpki: texts,
      verifyCertificateHash: texts,
      minProtocolVersion: tlsVersion,
      maxProtocolVersion: tlsVersion,
      cipherSuites: texts,
      insecureSkipVerify: bool,
    },
  ),
  oneOfFields("credentialName", "credentialNames", "tlsCertificates"),
);
export type ServerTlsSpec = Type.Static<typeof ServerTls>;
