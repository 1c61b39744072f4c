/** `npm run cluster`: single-node Kubernetes clusters for tests, made of packages alone. See docs/clusters.md. */
import { parseArgs } from "node:util";
import { LateenError } from "../../src/errors.ts";
import { COMPONENTS, type Component, componentCalled } from "./components.ts";
import { requireInit, start, stop } from "./control.ts";
import { down } from "./down.ts";
import { applyGatewayApi } from "./gateway-api.ts";
import { importImages } from "./images/import.ts";
import { makeImages } from "./images/make.ts";
import { RECIPES } from "./images/recipes.ts";
import { type Instance, instance } from "./instance.ts";
import { componentAnswers } from "./readiness.ts";
import { showStatus } from "./status.ts";
import { up } from "./up.ts";

const IMAGES = Object.keys(RECIPES);

const USAGE = `npm run cluster -- COMMAND [--name NAME]

  up                         make a cluster, or start what is missing of it
  down [--purge]             end it; with --purge forget its images too
  status                     the clusters of this machine, and what runs of them
  images [WORD…]             make images and give them to the cluster: ${IMAGES.join(", ")}; all unless named
  gateway-api                apply the Gateway API's standard definitions
  stop COMPONENT [--kill]    end one of ${COMPONENTS.join(", ")}; with --kill as a crash would
  start COMPONENT            start it again, and wait until it answers

NAME is "test" unless given.`;

try {
  await main();
} catch (error) {
  console.error(error instanceof LateenError ? `${error.code}: ${error.message}` : error);
  if (error instanceof LateenError && error.remedy !== undefined) console.error(error.remedy);
  process.exitCode = 1;
}

interface Flags {
  purge: boolean;
  kill: boolean;
}

async function main(): Promise<void> {
  const { name, help, flags, command, words } = readWords();
  if (help || command === undefined) return console.log(USAGE);
  if (process.getuid?.() !== 0) {
    throw new LateenError("LTN5508", "a cluster needs the rights of root", `sudo npm run cluster -- ${command}`);
  }
  await runCommand(instance(name), command, words, flags);
}

function readWords() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        name: { type: "string", default: "test" },
        purge: { type: "boolean", default: false },
        kill: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const [command, ...words] = positionals;
    const { name, help, ...flags } = values;
    return { name, help, flags, command, words };
  } catch (error) {
    throw new LateenError("LTN5509", error instanceof Error ? error.message : String(error), USAGE);
  }
}

async function runCommand(cluster: Instance, command: string, words: string[], flags: Flags): Promise<void> {
  switch (command) {
    case "up":
      await up(cluster, timed());
      return console.log(nextSteps(cluster));
    case "down":
      return down(cluster, flags.purge);
    case "status":
      return showStatus();
    case "images":
      return images(cluster, words.length > 0 ? words : IMAGES, timed());
    case "stop":
      return stop(cluster, component(words[0]), flags.kill ? "SIGKILL" : "SIGTERM");
    case "start":
      start(cluster, component(words[0]));
      return componentAnswers(cluster, component(words[0]));
    case "gateway-api":
      return applyGatewayApi(cluster);
    default:
      throw new LateenError("LTN5509", `there is no command "${command}"`, USAGE);
  }
}

async function images(cluster: Instance, wanted: readonly string[], say: (line: string) => void): Promise<void> {
  const init = requireInit(cluster);
  const recipes = wanted.flatMap((word) => {
    if (RECIPES[word]) return RECIPES[word];
    throw new LateenError("LTN5509", `there is no image "${word}"`, `Name some of ${IMAGES.join(", ")}.`);
  });
  for (const name of importImages(init, await makeImages(recipes, say))) say(name);
}

function component(word = ""): Component {
  const found = componentCalled(word);
  if (found) return found;
  throw new LateenError("LTN5509", `there is no component "${word}"`, `Name one of ${COMPONENTS.join(", ")}.`);
}

function timed(): (line: string) => void {
  const began = performance.now();
  return (line) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)}s  ${line}`);
}

function nextSteps({ name, kubeconfig }: Instance): string {
  return `
Cluster ${name} is up:

  export KUBECONFIG=${kubeconfig}
  kubectl get pods -A
  npm run cluster images -- --name ${name}
  npm run cluster down -- --name ${name}`;
}
