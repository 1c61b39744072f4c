/** The images that work on one machine without being told: Bookinfo's, the proxy's, and a few utilities'. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LateenError } from "../../errors.ts";
import type { BuiltInImage, Image } from "./images.ts";
import { findCommand } from "./system/commands.ts";
import { readJson } from "./system/files.ts";

/** Where containers find what is ours, whoever they run as: a home folder is often closed to other users. */
const APP = "/lateen/app";
const NODE = "/lateen/node";
/** In every container's PATH: what its image brings, and what every image brings. */
const OF_IMAGE = "/lateen/image";
const ENVOY = `${OF_IMAGE}/envoy`;
const TOOLS = "/lateen/bin";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export const CONTAINER_PATH = `${OF_IMAGE}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${TOOLS}`;

const runsNode: Image["mounts"] = [
  { source: ROOT, target: APP, kind: "folder" },
  { source: process.execPath, target: NODE, kind: "file" },
];

function utility(entrypoint: readonly string[], cmd: readonly string[]): Image {
  return { entrypoint, cmd, environment: {}, workingDir: "/", mounts: [], origin: "built-in" };
}

/** One of samples/: TypeScript, run as it is. */
function sample(file: string, cmd: readonly string[], environment: Record<string, string>): Image {
  const entrypoint = [NODE, "--disable-warning=ExperimentalWarning", `${APP}/samples/${file}`];
  return { entrypoint, cmd, environment, workingDir: "/tmp", mounts: runsNode, origin: "built-in" };
}

export function builtInImages(settingsFile: string): BuiltInImage[] {
  return [
    {
      title: "istio/examples-bookinfo-{productpage,details,reviews,ratings}-vN",
      name: /^(?:.*\/)?examples-bookinfo-(productpage|details|reviews|ratings)-(v\d+)(?:-.*)?$/,
      image: ([, service = "", version = ""]) =>
        sample(`bookinfo/src/${service}.ts`, ["9080"], { SERVICE_VERSION: version, ...starsOf(service, version) }),
    },
    {
      title: "mccutchen/go-httpbin",
      name: /^(?:.*\/)?(?:go-)?httpbin$/,
      image: () => sample("httpbin/src/httpbin.ts", [], {}),
    },
    {
      title: "istio/proxyv2, lateen/proxy",
      name: /(?:^|\/)(?:proxyv2|lateen\/proxy|envoyproxy\/envoy)$/,
      image: () => proxy(settingsFile),
    },
    {
      title: "lateen/pilot",
      name: /(?:^|\/)lateen\/pilot$/,
      image: () => ({
        entrypoint: [NODE, "--disable-warning=ExperimentalWarning", `${APP}/src/cli/main.ts`],
        cmd: [],
        environment: {},
        workingDir: "/",
        mounts: runsNode,
        origin: "built-in",
      }),
    },
    {
      title: "curlimages/curl",
      name: /^(?:.*\/)?(?:curl|curl-ssl)$/,
      image: () => utility(["curl"], ["--help"]),
    },
    {
      title: "busybox, alpine, debian, ubuntu",
      name: /^(?:.*\/)?(?:busybox|alpine|debian|ubuntu|netshoot)$/,
      image: () => utility([], ["sh"]),
    },
    {
      title: "pause",
      name: /^(?:.*\/)?pause$/,
      image: () => utility(["sleep", "2147483647"], []),
    },
  ];
}

/** What tells the versions of reviews apart in Istio's own images. */
function starsOf(service: string, version: string): Record<string, string> {
  if (service !== "reviews") return {};
  if (version === "v1") return { ENABLE_RATINGS: "false" };
  return { ENABLE_RATINGS: "true", STAR_COLOR: version === "v3" ? "red" : "black" };
}

function proxy(settingsFile: string): Image | LateenError {
  const settings = readJson(settingsFile);
  const path = typeof settings === "object" && settings !== null && "envoy" in settings ? settings.envoy : undefined;
  if (typeof path !== "string" || !existsSync(path)) {
    return new LateenError(
      "LTN1211",
      "this world does not know where its Envoy is",
      "Start it with `lateen up`, which finds or gets one, or name it with --envoy.",
    );
  }
  return {
    entrypoint: [ENVOY],
    cmd: [],
    environment: {},
    workingDir: "/",
    mounts: [{ source: path, target: ENVOY, kind: "file" }],
    origin: "built-in",
  };
}

/** Where the host has no curl: ours, so that what the walk does in containers works. */
export function toolMounts(toolsFolder: string): Image["mounts"] {
  if (findCommand("curl")) return [];
  return [...runsNode, { source: toolsFolder, target: TOOLS, kind: "folder" }];
}

/** The file that is `curl` in the tools folder. */
export function curlScript(): string {
  return `#!/bin/sh\nexec ${NODE} --disable-warning=ExperimentalWarning ${APP}/src/local/node/tools/curl.ts "$@"\n`;
}

/** The version of the package, for the node's own description. */
export function packageVersion(): string {
  const value: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return typeof value === "object" && value !== null && "version" in value ? String(value.version) : "0";
}
