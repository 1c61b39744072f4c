import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type RouteMatchSchema, RouteSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { Fields } from "./any.ts";
import { endedRoutes } from "./virtual-hosts.ts";

const route = (match: Fields<typeof RouteMatchSchema>) => create(RouteSchema, { name: "route", match });
const all = { pathSpecifier: { case: "prefix", value: "/" } } as const;

test("a gateway's routes end in a 404, so that Envoy never asks for the virtual host of an unmatched request", () => {
  const names = endedRoutes([route({ ...all, headers: [{ name: "version" }] })]).map(({ name }) => name);
  assert.deepEqual(names, ["route", "not_found"]);
  assert.equal(endedRoutes([route({ pathSpecifier: { case: "prefix", value: "/api" } })]).length, 2);
  assert.equal(endedRoutes([]).length, 1);
});

test("after a route that takes every request there is nothing to end", () => {
  assert.deepEqual(
    endedRoutes([route(all)]).map(({ name }) => name),
    ["route"],
  );
});
