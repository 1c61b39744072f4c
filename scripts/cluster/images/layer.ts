/**
 * Image layers, made of a folder by tar with all that varies fixed: the same folder is the same layer, on every machine.
 * They lie uncompressed by their digest in the cache: containerd takes them as they are.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CACHE } from "../instance.ts";
import { run } from "../run.ts";

const BLOBS = join(CACHE, "images/blobs");
const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK_MS = 7 * DAY_MS;
const KEPT = join(CACHE, "images/layers");

export interface Blob {
  digest: string;
  size: number;
  file: string;
}

/** Fills a folder that becomes the root of the container's files. */
export type Fill = (root: string) => void | Promise<void>;

export async function layer(fill: Fill): Promise<Blob> {
  const work = mkdtempSync(join(tmpdir(), "lateen-layer-"));
  try {
    const root = join(work, "root");
    mkdirSync(root);
    await fill(root);
    const archive = join(work, "layer.tar");
    const fixed = ["--sort=name", "--numeric-owner", "--owner=0", "--group=0", "--mtime=@0"];
    run("tar", ["--create", "--directory", root, ...fixed, "--file", archive, "."]);
    return blob(readFileSync(archive));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** A layer that takes long to make: made once per `key`, which says all that it is made of. */
export async function keptLayer(key: string, fill: Fill): Promise<Blob> {
  const note = join(KEPT, createHash("sha256").update(key).digest("hex"));
  if (existsSync(note)) {
    const hex = readFileSync(note, "utf8");
    const file = join(BLOBS, hex);
    if (existsSync(file)) {
      markUsed(file);
      return { digest: `sha256:${hex}`, size: statSync(file).size, file };
    }
  }
  const made = await layer(fill);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(note, hexOf(made.digest));
  return made;
}

export function blob(content: Uint8Array): Blob {
  const hex = createHash("sha256").update(content).digest("hex");
  const file = join(BLOBS, hex);
  if (existsSync(file)) markUsed(file);
  else {
    mkdirSync(BLOBS, { recursive: true });
    const part = `${file}.${process.pid}`;
    writeFileSync(part, content);
    renameSync(part, file);
  }
  return { digest: `sha256:${hex}`, size: content.length, file };
}

/** Forgets what no image has been made of for a week: each change of the sources is a layer of its own. */
export function forgetOldBlobs(now = Date.now()): void {
  for (const name of existsSync(BLOBS) ? readdirSync(BLOBS) : []) {
    const file = join(BLOBS, name);
    if (now - statSync(file).mtimeMs > WEEK_MS) rmSync(file, { force: true });
  }
}

/** Once a day is enough, and tar takes a file that is marked while it reads for one that is being written. */
function markUsed(file: string): void {
  const now = new Date();
  if (now.getTime() - statSync(file).mtimeMs > DAY_MS) utimesSync(file, now, now);
}

export function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}
