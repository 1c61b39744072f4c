/** The Gateway API's conformance suite, built from its Go module, and the images that its manifests name. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { go } from "../../scripts/cluster/build/go.ts";
import { buildCoredns, COREDNS } from "../../scripts/cluster/build/others.ts";
import type { Image } from "../../scripts/cluster/images/image.ts";
import { layer } from "../../scripts/cluster/images/layer.ts";
import { CACHE } from "../../scripts/cluster/instance.ts";

const HERE = import.meta.dirname;
const VERSION = "v1.6.3";
const API = "sigs.k8s.io/gateway-api";
const FOLDER = join(CACHE, `conformance-${VERSION}`);
const ECHO_BASIC = join(FOLDER, "echo-basic");
const ECHO_ADVANCED = join(FOLDER, "echo-advanced");

/** The test binary. */
export const SUITE = join(FOLDER, "conformance.test");

/** Builds the test binary and the echo servers, unless they are of these sources already. */
export function buildSuite(say: (line: string) => void): void {
  const sources = globSync("{go.*,**/*.go}", { cwd: HERE }).sort();
  const contents = sources.map((file) => readFileSync(join(HERE, file), "utf8"));
  const key = createHash("sha256").update(contents.join("\0")).digest("hex");
  const note = join(FOLDER, "built-from");
  if (existsSync(note) && readFileSync(note, "utf8") === key) return;
  say(`Building the conformance suite ${VERSION} from its Go module, once: about 2 minutes …`);
  mkdirSync(FOLDER, { recursive: true });
  const small = ["-trimpath", "-ldflags", "-s -w", "-o"];
  go(["test", "-c", ...small, SUITE, "."], { cwd: HERE });
  go(["build", ...small, ECHO_BASIC, `${API}/conformance/echo-basic`], { cwd: HERE });
  go(["build", ...small, ECHO_ADVANCED, "./echo-advanced"], { cwd: HERE });
  writeFileSync(note, key);
}

/**
 * The folder of Gateway API's definitions. The experimental channel has all fields of the standard one and those of
 * features in the making, such as retries of an HTTPRoute.
 */
export function definitionsFolder(): string {
  return join(moduleFolder(API), "config/crd/experimental");
}

/** What stands for each image name that is in the suite's manifests. */
export async function suiteImages(say: (line: string) => void): Promise<Image[]> {
  buildCoredns(say);
  const named = imageNames();
  const those = (word: string): string[] => named.filter((name) => name.includes(word));
  return [
    await binary("echo-basic", ECHO_BASIC, "65532:65532", those("/echo-basic:")),
    await binary("echo-advanced", ECHO_ADVANCED, "0:0", those("/echo-advanced:")),
    await binary("coredns", COREDNS, "0:0", those("/coredns:")),
  ];
}

async function binary(name: string, file: string, user: string, names: string[]): Promise<Image> {
  const content = await layer((root) => {
    mkdirSync(join(root, "bin"));
    cpSync(file, join(root, "bin", name));
    // the mesh's tests make requests from within a pod by this name
    if (file === ECHO_ADVANCED) symlinkSync(name, join(root, "bin/client"));
  });
  return { names, config: { Entrypoint: [`/bin/${name}`], Env: ["PATH=/bin"], User: user }, layers: [content] };
}

function imageNames(): string[] {
  const folder = moduleFolder(`${API}/conformance`);
  const manifests = globSync("{base,mesh,tests}/*.yaml", { cwd: folder }).map((file) =>
    readFileSync(join(folder, file), "utf8"),
  );
  return [...new Set(manifests.flatMap((text) => [...text.matchAll(/\bimage: *(\S+)/g)].map(([, name = ""]) => name)))];
}

function moduleFolder(module: string): string {
  const said: unknown = JSON.parse(go(["mod", "download", "-json", `${module}@${VERSION}`], { cwd: HERE }));
  if (typeof said === "object" && said !== null && "Dir" in said) return String(said.Dir);
  throw new Error(`go mod download ${module} does not say where it is`);
}
