/** The images of the mesh and of its samples. Each folder of images/ has the Dockerfile that makes the same. */
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ensureEnvoy } from "../../../src/envoy/binary/ensure-envoy.ts";
import { builtInImages, packageVersion } from "../../../src/local/node/built-in-images.ts";
import { ImageTable } from "../../../src/local/node/images.ts";
import { debian } from "./debian.ts";
import type { Image } from "./image.ts";
import { type Blob, keptLayer, layer } from "./layer.ts";
import { runtimePackages } from "./packages.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

type Say = (line: string) => void;

/** By the word that `npm run cluster images` takes. */
export const CATALOG: Readonly<Record<string, (say: Say) => Promise<Image[]>>> = {
  pilot,
  proxyv2,
  bookinfo,
  httpbin,
  curl,
  busybox,
};

async function pilot(): Promise<Image[]> {
  return [
    {
      names: [`docker.io/lateen/pilot:${packageVersion()}`],
      config: { Entrypoint: ["/usr/local/bin/lateen"], Env: [PATH], User: "1337:1337", WorkingDir: "/" },
      layers: [await system("libstdc++6"), await node(), await packages(), await source()],
    },
  ];
}

async function proxyv2(say: Say): Promise<Image[]> {
  const envoy = await ensureEnvoy({ onProgress: say });
  const binary = await keptLayer(`envoy ${envoy} ${process.arch}`, (root) => put(root, envoy, "usr/local/bin/envoy"));
  return [
    {
      names: [`docker.io/lateen/proxyv2:${packageVersion()}`],
      config: { Entrypoint: ["/usr/local/bin/envoy"], Env: [PATH], User: "1337:1337", WorkingDir: "/" },
      layers: [await system("bash", "coreutils", "curl", "nftables", "util-linux"), binary],
    },
  ];
}

async function bookinfo(): Promise<Image[]> {
  const services = ["productpage-v1", "details-v1", "ratings-v1", "reviews-v1", "reviews-v2", "reviews-v3"];
  const images: Image[] = [];
  for (const service of services) images.push(await sample("bookinfo", `istio/examples-bookinfo-${service}:1.20.3`));
  return images;
}

async function httpbin(): Promise<Image[]> {
  return [await sample("httpbin", "mccutchen/go-httpbin:v2.15.0")];
}

async function curl(): Promise<Image[]> {
  const names = ["docker.io/curlimages/curl:8.16.0"];
  return [
    { names, config: { Entrypoint: ["curl"], Env: [PATH], User: "65534:65534" }, layers: [await system("curl")] },
  ];
}

async function busybox(): Promise<Image[]> {
  return [
    { names: ["docker.io/library/busybox:1.36"], config: { Cmd: ["sh"], Env: [PATH] }, layers: [await system()] },
  ];
}

/** What the image table says of the embedded world's samples holds for containers too: same places, same words. */
async function sample(folder: string, name: string): Promise<Image> {
  const { entrypoint, cmd, environment } = new ImageTable("", builtInImages("")).resolve(name);
  const variables = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
  const files = await layer((root) => put(root, join(ROOT, "samples", folder), `lateen/app/samples/${folder}`));
  return {
    names: [`docker.io/${name}`],
    config: {
      Entrypoint: [...entrypoint],
      Cmd: [...cmd],
      Env: [PATH, ...variables],
      User: "1000:1000",
      WorkingDir: "/tmp",
    },
    layers: [await system("libstdc++6", "curl"), await node(), files],
  };
}

function system(...names: string[]): Promise<Blob> {
  return keptLayer(`debian ${names.join(" ")} ${process.arch}`, debian(names));
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
  return keptLayer(`packages ${lock}`, (root) => {
    for (const folder of runtimePackages(JSON.parse(lock).packages))
      put(root, join(ROOT, folder), `opt/lateen/${folder}`);
  });
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
