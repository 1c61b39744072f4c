/** Key pairs and roots as Envoy gets them by SDS. What is in here goes to proxies and nowhere else. */
import { create } from "@bufbuild/protobuf";
import type { DataSourceSchema } from "#envoy/config/core/v3/base_pb.js";
import { type Secret, SecretSchema } from "#envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { KeyPair, Roots } from "../mesh/credentials.ts";
import type { Fields } from "./any.ts";

export function keyPairSecret(name: string, { certificate, privateKey, ocspStaple }: KeyPair): Secret {
  return create(SecretSchema, {
    name,
    type: {
      case: "tlsCertificate",
      value: {
        certificateChain: inline(certificate),
        privateKey: inline(privateKey),
        ...(ocspStaple && { ocspStaple: { specifier: { case: "inlineBytes", value: ocspStaple } } }),
      },
    },
  });
}

/** Roots of several objects count together. */
export function rootsSecret(name: string, all: readonly Roots[]): Secret {
  const text = (part: keyof Roots): string =>
    all
      .map((roots) => roots[part].trim())
      .filter((pem) => pem !== "")
      .join("\n");
  const revocations = text("revocations");
  return create(SecretSchema, {
    name,
    type: {
      case: "validationContext",
      value: { trustedCa: inline(text("certificates")), ...(revocations && { crl: inline(revocations) }) },
    },
  });
}

function inline(value: string): Fields<typeof DataSourceSchema> {
  return { specifier: { case: "inlineString", value } };
}
