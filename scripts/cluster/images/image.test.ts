import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "lateen-image-"));
process.env.XDG_CACHE_HOME = folder;
const { assemble, withArchive } = await import("./image.ts");
const { hexOf, layer } = await import("./layer.ts");
after(() => rmSync(folder, { recursive: true }));

const content = await layer((root) => writeFileSync(join(root, "file"), "text"));
const image = assemble({ names: ["one:1", "two:1"], config: { Entrypoint: ["/file"] }, layers: [content] });

function read(archive: string, entry: string): unknown {
  return JSON.parse(execFileSync("tar", ["--extract", "--to-stdout", "--file", archive, entry], { encoding: "utf8" }));
}

test("an archive names its images, and leads from each name to the layers", () => {
  withArchive(
    [image],
    () => false,
    (archive) => {
      const { digest, size } = image.manifest;
      const entry = (name: string) => ({
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest,
        size,
        annotations: { "io.containerd.image.name": name },
      });
      assert.deepEqual(read(archive, "index.json"), { schemaVersion: 2, manifests: [entry("one:1"), entry("two:1")] });
      assert.partialDeepStrictEqual(read(archive, `blobs/sha256/${hexOf(digest)}`), {
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: content.digest, size: content.size }],
      });
    },
  );
});

test("what the reader has already is not in the archive", () => {
  const entries = withArchive(
    [image],
    (digest) => digest === content.digest,
    (archive) => execFileSync("tar", ["--list", "--file", archive], { encoding: "utf8" }).split("\n"),
  );
  assert.ok(entries.includes(`blobs/sha256/${hexOf(image.manifest.digest)}`));
  assert.ok(!entries.includes(`blobs/sha256/${hexOf(content.digest)}`));
});
