import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ClusterSchema, Cluster_DiscoveryType as Discovery } from "#envoy/config/cluster/v3/cluster_pb.js";
import { VirtualHostSchema } from "#envoy/config/route/v3/route_components_pb.js";
import { encode } from "./encode.ts";

const about = { name: "a", origins: [] };

test("equal messages have equal versions, others do not", () => {
  const host = (domain: string) => encode(VirtualHostSchema, create(VirtualHostSchema, { domains: [domain] }), about);
  assert.equal(host("a").version, host("a").version);
  assert.deepEqual(host("a").body, host("a").body);
  assert.notEqual(host("a").version, host("b").version);
});

test("a cluster says which endpoints it waits for", () => {
  const waits = (init: Parameters<typeof create<typeof ClusterSchema>>[1]) =>
    encode(ClusterSchema, create(ClusterSchema, init), about).warmsWith;
  assert.deepEqual(waits({ name: "c", edsClusterConfig: {} }), ["c"]);
  assert.deepEqual(waits({ name: "tcp|10.0.0.1:1", edsClusterConfig: { serviceName: "c" } }), ["c"]);
  assert.deepEqual(waits({ name: "c", clusterDiscoveryType: { case: "type", value: Discovery.STATIC } }), []);
  assert.equal(encode(VirtualHostSchema, create(VirtualHostSchema), about).warmsWith, undefined);
});
