import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, found, messages, together, virtualService } from "../testing.ts";
import { virtualServiceConflictsAnalyzer } from "./virtual-service-conflicts.ts";

const routes = (name: string, more = ""): string =>
  virtualService(name, `{hosts: [reviews], ${more} http: [{route: [{destination: {host: reviews}}]}]}`);

test("two VirtualServices for one host conflict, each is told", () => {
  assert.deepEqual(found(virtualServiceConflictsAnalyzer, together(routes("a"), routes("b"))), [
    "IST0109 VirtualService default/a metadata.name",
    "IST0109 VirtualService default/b metadata.name",
  ]);
  const elsewhere = virtualService(
    "c",
    "{hosts: [reviews.default.svc.cluster.local], http: [{route: [{destination: {host: x}}]}]}",
  );
  assert.equal(found(virtualServiceConflictsAnalyzer, together(routes("a"), elsewhere)).length, 2);
});

test("at gateways, and where no client sees both, they do not", () => {
  const atGateway = routes("b", "gateways: [edge],");
  const other = routes("b", "exportTo: [other],");
  const own = routes("a", "exportTo: ['.'],");
  assert.deepEqual(found(virtualServiceConflictsAnalyzer, together(routes("a"), atGateway)), []);
  assert.deepEqual(found(virtualServiceConflictsAnalyzer, together(own, other)), []);
  assert.equal(found(virtualServiceConflictsAnalyzer, together(routes("a"), other)).length, 2);
});

test("of very many the first are named", () => {
  const world = clusterOf(together(...Array.from({ length: 9 }, (_, i) => routes(`v${i}`))));
  const [message] = messages(virtualServiceConflictsAnalyzer, world);
  assert.match(message?.text ?? "", /default\/v0, .*default\/v4 and 4 more have the same host/);
});
