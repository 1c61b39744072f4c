import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as San,
} from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { CommonTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { Fields } from "../any.ts";
import { ads, grpc } from "../config-sources.ts";
import { noTimeout } from "../durations.ts";
import { IDENTITY_CLUSTER } from "../names.ts";

export type CommonTls = Fields<typeof CommonTlsContextSchema>;
type Validation = Fields<typeof CertificateValidationContextSchema>;

export function fileCertificate(certificate: string, key: string): CommonTls {
  return {
    tlsCertificates: [
      {
        certificateChain: { specifier: { case: "filename", value: certificate } },
        privateKey: { specifier: { case: "filename", value: key } },
      },
    ],
  };
}

export function sdsCertificate(name: string, from?: "Socket"): CommonTls {
  return { tlsCertificateSdsSecretConfigs: [sdsSource(name, from)] };
}

/** Roots by SDS, together with what else the peer's certificate must be. */
export function sdsRoots(name: string, defaultValidationContext: Validation, from?: "Socket"): CommonTls {
  return {
    validationContextType: {
      case: "combinedValidationContext",
      value: { defaultValidationContext, validationContextSdsSecretConfig: sdsSource(name, from) },
    },
  };
}

export function fileRoots(path: string): Validation {
  return { trustedCa: { specifier: { case: "filename", value: path } } };
}

export function validation(context: Validation): CommonTls {
  return { validationContextType: { case: "validationContext", value: context } };
}

/**
 * The names that a certificate must have one of; none: any. SPIFFE ids and other URIs stand in another field than DNS
 * names do.
 */
export function subjectAltNames(names: readonly string[]): Validation {
  return {
    matchTypedSubjectAltNames: names.map((name) => ({
      sanType: name.includes("://") ? San.URI : San.DNS,
      matcher: {
        matchPattern: name.startsWith("*.") ? { case: "suffix", value: name.slice(1) } : { case: "exact", value: name },
      },
    })),
  };
}

/** A secret on the stream that the proxy already has, or from an agent beside it. */
export function sdsSource(name: string, from?: "Socket") {
  return { name, sdsConfig: from ? grpc(IDENTITY_CLUSTER, noTimeout()) : ads(noTimeout()) };
}
