import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { builtInImages } from "./built-in-images.ts";
import { addImage, containerCommand, ImageTable, plainName } from "./images.ts";

const folder = mkdtempSync(join(tmpdir(), "lateen-images-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "images.json");
const table = new ImageTable(file, builtInImages(join(folder, "settings.json")));

test("names are compared without registry, tag and digest", () => {
  assert.equal(plainName("docker.io/library/busybox:1.36"), "busybox");
  assert.equal(plainName("localhost:5000/team/app@sha256:00"), "team/app");
  assert.equal(plainName("istio/examples-bookinfo-details-v1"), "istio/examples-bookinfo-details-v1");
});

test("Istio's Bookinfo images are ours, in every registry and tag", () => {
  for (const prefix of ["docker.io/istio/", "istio/", "registry.istio.io/release/", ""]) {
    const image = table.resolve(`${prefix}examples-bookinfo-reviews-v3:1.20.3`);
    assert.match(image.entrypoint.join(" "), /reviews\.ts/);
    assert.equal(image.environment.SERVICE_VERSION, "v3");
    assert.equal(image.environment.STAR_COLOR, "red");
  }
});

test("an unknown image says how it is made known", () => {
  assert.throws(() => table.resolve("example.com/shop:2"), { remedy: /lateen image add example\.com\/shop -- / });
  addImage(file, "example.com/shop", { command: ["/usr/bin/shop", "--port", "80"] });
  assert.deepEqual(table.resolve("example.com/shop:2").entrypoint, ["/usr/bin/shop", "--port", "80"]);
});

test("the proxy's image needs to know where Envoy is", () => {
  assert.throws(() => table.resolve("docker.io/istio/proxyv2:1.28.0"), { code: "LTN1211" });
});

test("a container's command replaces the image's, its arguments only the image's arguments", () => {
  const image = { ...table.resolve("busybox"), entrypoint: ["run"], cmd: ["a"] };
  assert.deepEqual(containerCommand(image, undefined, undefined), ["run", "a"]);
  assert.deepEqual(containerCommand(image, undefined, ["b"]), ["run", "b"]);
  assert.deepEqual(containerCommand(image, ["x"], undefined), ["x"]);
  assert.deepEqual(containerCommand(image, ["x"], ["y"]), ["x", "y"]);
});
