import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  type ListenerFilter,
  ListenerFilterSchema,
  type ListenerFilterChainMatchPredicate as Predicate,
  ListenerFilterChainMatchPredicateSchema as PredicateSchema,
} from "#envoy/config/listener/v3/listener_components_pb.js";
import { HttpInspectorSchema } from "#envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js";
import { OriginalDstSchema } from "#envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { TlsInspectorSchema } from "#envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { pack } from "../any.ts";

/** What the HTTP inspector finds, as filter chains match it. */
export const PLAIN_HTTP = ["http/1.0", "http/1.1", "h2c"] as const;

/** Finds the address that the kernel redirected. */
export function originalDestination(): ListenerFilter {
  return listenerFilter("envoy.filters.listener.original_dst", pack(OriginalDstSchema));
}

/** Inspectors wait for the client to speak, so where the server speaks first a connection would hang. */
type Where = { only: readonly number[] } | { except: readonly number[] };

const EVERYWHERE: Where = { except: [] };

/** Looks for TLS, its server name and what the client offers to speak. */
export function tlsInspector(where = EVERYWHERE): ListenerFilter {
  return listenerFilter("envoy.filters.listener.tls_inspector", pack(TlsInspectorSchema), where);
}

/** Looks whether a connection that is not TLS starts as HTTP. */
export function httpInspector(where = EVERYWHERE): ListenerFilter {
  return listenerFilter("envoy.filters.listener.http_inspector", pack(HttpInspectorSchema), where);
}

function disabled(where: Where): Predicate | undefined {
  if ("only" in where) return create(PredicateSchema, { rule: { case: "notMatch", value: anyPort(where.only) } });
  return where.except.length === 0 ? undefined : anyPort(where.except);
}

function anyPort(ports: readonly number[]): Predicate {
  const rules = ports.map((port) =>
    create(PredicateSchema, { rule: { case: "destinationPortRange", value: { start: port, end: port + 1 } } }),
  );
  const [first] = rules;
  // Envoy wants at least two in a set
  return rules.length === 1 && first ? first : create(PredicateSchema, { rule: { case: "orMatch", value: { rules } } });
}

function listenerFilter(name: string, config: Any, where = EVERYWHERE): ListenerFilter {
  const filterDisabled = disabled(where);
  return create(ListenerFilterSchema, {
    name,
    configType: { case: "typedConfig", value: config },
    ...(filterDisabled && { filterDisabled }),
  });
}
