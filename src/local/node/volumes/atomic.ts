/**
 * Files of a ConfigMap and their like, replaced all at once: they live in a folder with a date for a name, `..data`
 * points to it, and what containers open points through `..data`. Programs watch for exactly this change.
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface VolumeFile {
  data: Uint8Array;
  mode: number;
}

/** By path within the volume. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

const DATA = "..data";

/** Whether anything changed. */
export function writeVolume(folder: string, files: VolumeFiles, group?: number): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const current = currentFolder(folder);
  if (current !== undefined && holds(join(folder, current), files)) return false;
  const next = `..${new Date().toISOString().replace(/[-:]/g, "_").replace("T", "_").replace("Z", "")}${Math.floor(Math.random() * 1e6)}`;
  mkdirSync(join(folder, next), { mode: 0o755 });
  for (const [path, { data, mode }] of files) {
    const file = join(folder, next, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, data, { mode });
    if (group !== undefined) chownSync(file, statSync(file).uid, group);
  }
  symlinkSync(next, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, DATA));
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0] ?? path));
  for (const top of tops) {
    if (!isLink(join(folder, top))) symlinkSync(join(DATA, top), join(folder, top));
  }
  for (const name of readdirSync(folder)) {
    if (name !== DATA && name !== next && !tops.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return true;
}

function currentFolder(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, DATA));
  } catch {
    return undefined;
  }
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function holds(folder: string, files: VolumeFiles): boolean {
  if (!existsSync(folder)) return false;
  const present = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  if (present.length !== files.size) return false;
  return present.every((path) => {
    const wanted = files.get(path);
    return wanted !== undefined && Buffer.compare(readFileSync(join(folder, path)), wanted.data) === 0;
  });
}
