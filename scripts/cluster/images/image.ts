/** Images as the Open Container Initiative describes them, written by hand: a manifest, a configuration, layers. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../run.ts";
import { type Blob, blob, hexOf } from "./layer.ts";

export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  User?: string;
  WorkingDir?: string;
}

export interface Image {
  /** With registry and tag: `docker.io/lateen/pilot:0.1.0`. */
  names: readonly string[];
  config: ImageConfig;
  layers: readonly Blob[];
}

const TYPE = "application/vnd.oci.image";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** An image with all its parts made. */
export interface Assembled {
  names: readonly string[];
  manifest: Blob;
  parts: readonly Blob[];
}

export function assemble(image: Image): Assembled {
  const config = blob(json(configOf(image)));
  const manifest = blob(json(manifestOf(image, config)));
  return { names: image.names, manifest, parts: [...image.layers, config, manifest] };
}

/** Writes an archive with the images, without what the reader `has` already, and hands it over. */
export function withArchive<T>(
  images: readonly Assembled[],
  has: (digest: string) => boolean,
  use: (file: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "lateen-images-"));
  try {
    const blobs = join(folder, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    for (const { digest, file } of images.flatMap(({ parts }) => parts)) {
      const entry = join(blobs, hexOf(digest));
      if (!has(digest) && !existsSync(entry)) symlinkSync(file, entry);
    }
    const manifests = images.flatMap(({ names, manifest }) =>
      names.map((name) => ({
        ...descriptor(`${TYPE}.manifest.v1+json`, manifest),
        annotations: { "io.containerd.image.name": name },
      })),
    );
    writeFileSync(join(folder, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
    writeFileSync(join(folder, "index.json"), json({ schemaVersion: 2, manifests }));
    const archive = join(folder, "images.tar");
    const contents = ["oci-layout", "index.json", "blobs"];
    run("tar", ["--create", "--dereference", "--directory", folder, "--file", archive, ...contents]);
    return use(archive);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configOf({ config, layers }: Image): object {
  const created = "1970-01-01T00:00:00Z";
  return {
    created,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created, created_by: "npm run cluster images" })),
  };
}

function manifestOf({ layers }: Image, config: Blob): object {
  return {
    schemaVersion: 2,
    mediaType: `${TYPE}.manifest.v1+json`,
    config: descriptor(`${TYPE}.config.v1+json`, config),
    layers: layers.map((part) => descriptor(`${TYPE}.layer.v1.tar`, part)),
  };
}

function descriptor(mediaType: string, { digest, size }: Blob) {
  return { mediaType, digest, size };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
