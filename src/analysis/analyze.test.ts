import assert from "node:assert/strict";
import { test } from "node:test";
import { analyze } from "./analyze.ts";
import {
  clusterOf,
  destinationRule,
  fileOf,
  gateway,
  namespace,
  REVIEWS,
  together,
  virtualService,
} from "./testing.ts";
import { createWorld } from "./world.ts";

const lost = virtualService("lost", "{hosts: [lost.com], http: [{route: [{destination: {host: nobody}}]}]}");

test("the worst comes first; what concerns another namespace is left out", () => {
  const world = clusterOf(together(namespace("default"), namespace("other"), lost));
  const codes = (options: { namespace?: string }): string[] =>
    analyze(world, options).messages.map(({ code, object }) => `${code} ${object.metadata.name}`);
  assert.deepEqual(codes({}), ["IST0101 lost", "IST0102 default", "IST0102 other"]);
  assert.deepEqual(codes({ namespace: "default" }), ["IST0101 lost", "IST0102 default"]);
  assert.deepEqual(codes({ namespace: "other" }), ["IST0102 other"]);
});

test("what a file holds is told whatever its namespace", () => {
  const text = "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: far}, spec: {ports: [{port: 80}]}}";
  assert.deepEqual(
    analyze(fileOf(text), { namespace: "default" }).messages.map(({ code }) => code),
    ["IST0118"],
  );
});

test("codes are suppressed by an annotation of the object, or for objects by pattern", () => {
  const told = (annotation: string, code = "", object = ""): number => {
    const yaml = lost.replace(
      "name: lost",
      `name: lost, annotations: {galley.istio.io/analyze-suppress: "${annotation}"}`,
    );
    const suppressions = code === "" ? [] : [{ code, object }];
    return analyze(clusterOf(yaml), { suppressions }).messages.length;
  };
  assert.equal(told(""), 1);
  assert.equal(told("*"), 0);
  assert.equal(told("IST0999, IST0101"), 0);
  assert.equal(told("IST0999"), 1);
  assert.equal(told("", "IST0101", "VirtualService default/lost"), 0);
  assert.equal(told("", "IST0101", "VirtualService lost.default"), 0);
  assert.equal(told("", "IST0101", "VirtualService *.default"), 0);
  assert.equal(told("", "IST0101", "Gateway *"), 1);
  assert.equal(told("", "IST0102", "VirtualService default/lost"), 1);
});

test("without all objects of a kind, nobody is told that one is missing", () => {
  const { messages, skipped } = analyze(fileOf(lost));
  assert.deepEqual(messages, []);
  assert.deepEqual(
    skipped.find(({ analyzer }) => analyzer === "virtualservice.DestinationHostAnalyzer"),
    { analyzer: "virtualservice.DestinationHostAnalyzer", missing: ["Service"] },
  );
  assert.deepEqual(
    analyze(fileOf(together(lost, REVIEWS))).messages.map(({ code }) => code),
    ["IST0101"],
  );
});

test("a file's object takes the place of the cluster's", () => {
  const [before] = [...clusterOf(lost).everything()];
  const mended = fileOf(
    virtualService("lost", "{hosts: [lost.com], http: [{route: [{destination: {host: reviews}}]}]}"),
  );
  const [after] = [...mended.everything()];
  assert.ok(before && after);
  const services = [...clusterOf(REVIEWS).everything()].map((object) => ({ object }));
  const place = (): string => "x.yaml:1";
  const codes = (...last: Parameters<typeof createWorld>[0][]): string[] =>
    analyze(createWorld([...services, ...last.flatMap((each) => [...each])])).messages.map(({ code }) => code);
  assert.deepEqual(codes([{ object: before }]), ["IST0101"]);
  assert.deepEqual(codes([{ object: before }, { object: after, place }]), []);
});

test("an object whose fields have the wrong types is told, and the others go on without it", () => {
  const yaml = together(REVIEWS, destinationRule("r", "{host: 5}"), gateway("g", "{selector: [], servers: 7}"), lost);
  assert.deepEqual(
    analyze(fileOf(yaml)).messages.map(({ code, field }) => `${code} ${field}`),
    [
      "IST0101 spec.http[0].route[0].destination.host",
      "IST0106 spec.host",
      "IST0106 spec.selector",
      "IST0106 spec.servers",
    ],
  );
});
