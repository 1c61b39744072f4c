import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { TypedExtensionConfigSchema } from "#envoy/config/core/v3/extension_pb.js";
import {
  type Permission,
  PermissionSchema,
  type Principal,
  PrincipalSchema,
  SourcedMetadataSchema,
} from "#envoy/config/rbac/v3/rbac_pb.js";
import { HeaderMatcherSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { UriTemplateMatchConfigSchema } from "#envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js";
import { ConfigSchema as MtlsAuthenticatedSchema } from "#envoy/extensions/rbac/principals/mtls_authenticated/v3/mtls_authenticated_pb.js";
import { SubjectAltNameMatcher_SanType as SanType } from "#envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { type MetadataMatcher, MetadataMatcherSchema } from "#envoy/type/matcher/v3/metadata_pb.js";
import type { ValueMatcherSchema } from "#envoy/type/matcher/v3/value_pb.js";
import type { Condition, TextMatch } from "../../mesh/security/authorization-model.ts";
import { pack } from "../any.ts";
import { JWT_METADATA_NAMESPACE, JWT_PAYLOAD_KEY } from "../http-filters/jwt-metadata.ts";
import { cidr } from "../listeners/cidr.ts";
import { PERMISSIONS, PRINCIPALS, valuesBy } from "./logic.ts";
import { headerMatcher, textMatcher } from "./texts.ts";

export type KnownCondition = Exclude<Condition, { on: "Unknown" }>;

/** A condition in that half of Envoy's RBAC where it can stand. */
export function conditionMatcher(condition: KnownCondition): { permission: Permission } | { principal: Principal } {
  switch (condition.on) {
    case "Peer":
      return principal(condition, peer);
    case "SourceIp":
      return principal(condition, (range) => ({ case: "directRemoteIp", value: cidr(range) }));
    case "RemoteIp":
      return principal(condition, (range) => ({ case: "remoteIp", value: cidr(range) }));
    case "RequestPrincipal":
      return principal(condition, ({ issuer, subject }) => ({
        case: "andIds",
        value: { ids: [claimIs("iss", issuer), claimIs("sub", subject)] },
      }));
    case "Claim":
      return principal(condition, (match) => noted(claim(condition.path, oneOrListed(match))));
    case "Header":
      return permission(condition, (match) => ({ case: "header", value: headerMatcher(condition.name, match) }));
    case "Host":
      return permission(condition, (match) => ({ case: "header", value: host(match) }));
    case "Path":
      return permission(condition, (match) =>
        match.type === "Template"
          ? { case: "uriTemplate", value: template(match.value) }
          : { case: "urlPath", value: { rule: { case: "path", value: textMatcher(match) } } },
      );
    case "DestinationIp":
      return permission(condition, (range) => ({ case: "destinationIp", value: cidr(range) }));
    case "DestinationPort":
      return permission(condition, (port) => ({ case: "destinationPort", value: port }));
    case "Sni":
      return permission(condition, (match) => ({ case: "requestedServerName", value: textMatcher(match) }));
    case "Metadata":
      return permission(condition, (match) =>
        noted(metadata(condition.filter, [condition.key], match.inList ? listed(text(match)) : text(match))),
      );
  }
}

type Rule = NonNullable<MessageInitShape<typeof PermissionSchema>["rule"]>;
type Identifier = NonNullable<MessageInitShape<typeof PrincipalSchema>["identifier"]>;
type Value = MessageInitShape<typeof ValueMatcherSchema>;

interface Values<M> {
  values: readonly M[];
  notValues: readonly M[];
}

function permission<M>(values: Values<M>, match: (value: M) => Rule): { permission: Permission } {
  return { permission: valuesBy(PERMISSIONS, values, (value) => create(PermissionSchema, { rule: match(value) })) };
}

function principal<M>(values: Values<M>, match: (value: M) => Identifier): { principal: Principal } {
  return {
    principal: valuesBy(PRINCIPALS, values, (value) => create(PrincipalSchema, { identifier: match(value) })),
  };
}

/** Envoy's own `authenticated` would take any name of any certificate, also of one that a gateway could not verify. */
function peer(match: TextMatch): Identifier {
  const config = pack(MtlsAuthenticatedSchema, {
    type:
      match.type === "Present"
        ? { case: "anyValidatedClientCertificate", value: true }
        : { case: "sanMatcher", value: { sanType: SanType.URI, matcher: textMatcher(match) } },
  });
  return {
    case: "custom",
    value: create(TypedExtensionConfigSchema, {
      name: "envoy.rbac.principals.mtls_authenticated",
      typedConfig: config,
    }),
  };
}

function host(match: TextMatch) {
  const name = ":authority";
  if (match.type === "Present") return headerMatcher(name, match);
  const value = textMatcher(match.type === "Regex" ? { ...match, value: `(?i)${match.value}` } : match, true);
  return create(HeaderMatcherSchema, { name, headerMatchSpecifier: { case: "stringMatch", value } });
}

/** Envoy writes `*` and `**` where policies have `{*}` and `{**}`. */
function template(value: string) {
  const pathTemplate = value.replaceAll("{*}", "*").replaceAll("{**}", "**");
  return create(TypedExtensionConfigSchema, {
    name: "envoy.path.match.uri_template.uri_template_matcher",
    typedConfig: pack(UriTemplateMatchConfigSchema, { pathTemplate }),
  });
}

function claimIs(name: string, match: TextMatch): Principal {
  return create(PrincipalSchema, { identifier: noted(claim([name], text(match))) });
}

/** What filters before have noted of the call. */
function noted(metadataMatcher: MetadataMatcher) {
  return { case: "sourcedMetadata", value: create(SourcedMetadataSchema, { metadataMatcher }) } as const;
}

function claim(path: readonly string[], value: Value): MetadataMatcher {
  return metadata(JWT_METADATA_NAMESPACE, [JWT_PAYLOAD_KEY, ...path], value);
}

function metadata(filter: string, path: readonly string[], value: Value): MetadataMatcher {
  return create(MetadataMatcherSchema, {
    filter,
    path: path.map((key) => ({ segment: { case: "key" as const, value: key } })),
    value,
  });
}

function oneOrListed(match: TextMatch): Value {
  return {
    matchPattern: { case: "orMatch", value: { valueMatchers: [listed(text(match)), text(match)] } },
  };
}

function text(match: TextMatch): Value {
  return { matchPattern: { case: "stringMatch", value: textMatcher(match) } };
}

function listed(value: Value): Value {
  return { matchPattern: { case: "listMatch", value: { matchPattern: { case: "oneOf", value } } } };
}
