/** TLS that a proxy begins because a rule says so, with servers that are not of the mesh. */
import type { Any } from "@bufbuild/protobuf/wkt";
import { TlsParameters_TlsProtocol as Version } from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { UpstreamTlsContextSchema } from "#envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ClientTls } from "../../mesh/model.ts";
import { pack } from "../any.ts";
import {
  type CommonTls,
  fileCertificate,
  fileRoots,
  sdsCertificate,
  sdsRoots,
  subjectAltNames,
  validation,
} from "./tls-contexts.ts";

const PUBLIC_ROOTS = "/etc/ssl/certs/ca-certificates.crt";

/** @param names Of which the server must show one, where the rule says none; empty: any. */
export function originatedTls(tls: ClientTls, names: readonly string[], alpnProtocols: readonly string[]): Any {
  return pack(UpstreamTlsContextSchema, {
    sni: tls.sni ?? "",
    commonTlsContext: {
      // a client's own default ends at TLS 1.2
      tlsParams: { tlsMaximumProtocolVersion: Version.TLSv1_3 },
      alpnProtocols: [...alpnProtocols],
      ...(tls.mode === "Mutual" && ownCertificate(tls)),
      ...(!tls.insecureSkipVerify && serverValidation(tls, names)),
    },
  });
}

function ownCertificate({ certificate, credentialName, clientCertificate, privateKey }: ClientTls): CommonTls {
  if (certificate) return sdsCertificate(certificate.resource);
  if (credentialName) return sdsCertificate(`kubernetes://${credentialName}`);
  return clientCertificate && privateKey ? fileCertificate(clientCertificate, privateKey) : {};
}

function serverValidation(tls: ClientTls, otherwise: readonly string[]): CommonTls {
  const names = subjectAltNames(tls.subjectAltNames.length > 0 ? tls.subjectAltNames : otherwise);
  if (tls.roots) return sdsRoots(tls.roots.resource, names);
  if (tls.credentialName) return sdsRoots(`kubernetes://${tls.credentialName}-cacert`, names);
  return validation({ ...fileRoots(tls.caCertificates || PUBLIC_ROOTS), ...names });
}
