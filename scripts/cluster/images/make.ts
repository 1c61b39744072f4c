/** Images from recipes, without a docker daemon. */
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ensureEnvoy } from "../../../src/envoy/binary/ensure-envoy.ts";
import { debian } from "./debian.ts";
import type { Image } from "./image.ts";
import { type Blob, forgetOldBlobs, keptLayer, layer } from "./layer.ts";
import { copyRuntimePackages } from "./packages.ts";
import type { Content, Recipe } from "./recipes.ts";

const ROOT = join(import.meta.dirname, "../../..");

type Say = (line: string) => void;

export async function makeImages(recipes: readonly Recipe[], say: Say): Promise<Image[]> {
  forgetOldBlobs();
  const images: Image[] = [];
  // one after the other: each finds the layers that it shares with the one before
  for (const { name, config, packages, content } of recipes) {
    const layers = [await keptLayer(`debian ${packages.join(" ")} ${process.arch}`, debian(packages))];
    for (const part of content) layers.push(await contentLayer(part, say));
    images.push({ names: [name], config, layers });
  }
  return images;
}

function contentLayer(content: Content, say: Say): Promise<Blob> {
  switch (content) {
    case "envoy":
      return envoy(say);
    case "node":
      return node();
    case "npm packages":
      return packages();
    case "source":
      return source();
    default:
      return layer((root) => put(root, join(ROOT, content), `lateen/app/${content}`));
  }
}

async function envoy(say: Say): Promise<Blob> {
  const binary = await ensureEnvoy({ onProgress: say });
  const { size, mtimeMs } = statSync(binary);
  return keptLayer(`envoy ${binary} ${size} ${mtimeMs}`, (root) => put(root, binary, "usr/local/bin/envoy"));
}

/** Where both bin/lateen and the samples find it. */
function node(): Promise<Blob> {
  return keptLayer(`node ${process.version} ${process.arch}`, (root) => {
    put(root, process.execPath, "usr/local/bin/node");
    mkdirSync(join(root, "lateen"));
    symlinkSync("/usr/local/bin/node", join(root, "lateen/node"));
    mkdirSync(join(root, "opt/lateen/node_modules/node/bin"), { recursive: true });
    symlinkSync("/usr/local/bin/node", join(root, "opt/lateen/node_modules/node/bin/node"));
  });
}

function packages(): Promise<Blob> {
  const lock = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  return keptLayer(`packages ${lock}`, (root) => copyRuntimePackages(ROOT, join(root, "opt/lateen")));
}

/** The one layer that changes with each change of ours. */
function source(): Promise<Blob> {
  return layer((root) => {
    for (const part of ["bin", "gen", "package.json", "src"]) put(root, join(ROOT, part), `opt/lateen/${part}`);
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    symlinkSync("/opt/lateen/bin/lateen", join(root, "usr/local/bin/lateen"));
  });
}

/** Copies a file or folder, without tests. */
function put(root: string, from: string, to: string): void {
  const isTest = (path: string): boolean => /\.test\.ts$|\/testdata(\/|$)/.test(path);
  cpSync(from, join(root, to), { recursive: true, filter: (path) => !isTest(path.slice(from.length)) });
}
