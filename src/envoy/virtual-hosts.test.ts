import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Route, type RouteMatchSchema, RouteSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { Fields } from "./any.ts";
import { virtualHost } from "./virtual-hosts.ts";

const route = (match: Fields<typeof RouteMatchSchema>) => create(RouteSchema, { name: "route", match });
const all = { pathSpecifier: { case: "prefix", value: "/" } } as const;

const namesOf = (...routes: Route[]): string[] =>
  virtualHost({ name: "80/a", domains: ["a"], routes }).routes.map(({ name }) => name);

test("a virtual host ends in a 404, so that Envoy never asks for the virtual host of an unmatched request", () => {
  assert.deepEqual(namesOf(route({ ...all, headers: [{ name: "version" }] })), ["route", "not_found"]);
  assert.deepEqual(namesOf(route({ pathSpecifier: { case: "prefix", value: "/api" } })), ["route", "not_found"]);
  assert.deepEqual(namesOf(), ["not_found"]);
});

test("after a route that takes every request there is nothing to end", () => {
  assert.deepEqual(namesOf(route(all)), ["route"]);
});
