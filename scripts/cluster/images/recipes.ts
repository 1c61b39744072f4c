/** The images of the mesh and of its samples, by what goes into them. */
import { builtInImages, packageVersion } from "../../../src/local/node/built-in-images.ts";
import { ImageTable } from "../../../src/local/node/images.ts";
import type { ImageConfig } from "./image.ts";

export interface Recipe {
  name: string;
  config: ImageConfig;
  /** Debian's, with all that they depend on. */
  packages: readonly string[];
  content: readonly Content[];
}

/** What is not Debian's. */
export type Content = "envoy" | "node" | "npm packages" | "source" | Sample;
type Sample = `samples/${string}`;

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PROXY_USER = "1337:1337";

/** By the word that `npm run cluster images` takes. */
export const RECIPES: Readonly<Record<string, readonly Recipe[]>> = {
  pilot: [
    {
      name: `docker.io/lateen/pilot:${packageVersion()}`,
      config: { Entrypoint: ["/usr/local/bin/lateen"], Env: [PATH], User: PROXY_USER, WorkingDir: "/" },
      packages: ["libstdc++6"],
      content: ["node", "npm packages", "source"],
    },
  ],
  proxyv2: [
    {
      name: `docker.io/lateen/proxyv2:${packageVersion()}`,
      config: { Entrypoint: ["/usr/local/bin/envoy"], Env: [PATH], User: PROXY_USER, WorkingDir: "/" },
      // bash, nft, setpriv and sleep are what injected containers call; curl is for people
      packages: ["bash", "coreutils", "curl", "nftables", "util-linux"],
      content: ["envoy"],
    },
  ],
  bookinfo: ["productpage-v1", "details-v1", "ratings-v1", "reviews-v1", "reviews-v2", "reviews-v3"].map((service) =>
    sample(`istio/examples-bookinfo-${service}:1.20.3`, "samples/bookinfo"),
  ),
  httpbin: [sample("mccutchen/go-httpbin:v2.15.0", "samples/httpbin", "samples/bookinfo/src/lib")],
  curl: [
    {
      name: "docker.io/curlimages/curl:8.16.0",
      config: { Entrypoint: ["curl"], Env: [PATH], User: "65534:65534" },
      packages: ["curl"],
      content: [],
    },
  ],
  busybox: [
    { name: "docker.io/library/busybox:1.36", config: { Cmd: ["sh"], Env: [PATH] }, packages: [], content: [] },
  ],
};

/** What the image table says of the embedded world's samples holds for containers too: same places, same words. */
function sample(name: string, ...folders: Sample[]): Recipe {
  const { entrypoint, cmd, environment, workingDir } = new ImageTable("", builtInImages("")).resolve(name);
  const variables = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
  return {
    name: `docker.io/${name}`,
    config: {
      Entrypoint: [...entrypoint],
      Cmd: [...cmd],
      Env: [PATH, ...variables],
      User: "1000:1000",
      WorkingDir: workingDir,
    },
    packages: ["curl", "libstdc++6"],
    content: ["node", ...folders],
  };
}
