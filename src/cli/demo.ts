import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { worldStatus } from "../local/status.ts";
import { deploy } from "./deploy.ts";
import { detached } from "./detach.ts";
import { homeOf } from "./home.ts";
import { printStatus, requireWorld } from "./status.ts";
import { foreground, type UpOptions } from "./up.ts";

const SAMPLES = join(import.meta.dirname, "../../samples/bookinfo");
const FILES = ["platform/kube/bookinfo.yaml", "gateway-api/bookinfo-gateway.yaml"];

/** `lateen demo`: a world with Bookinfo in it. */
export async function demo(options: UpOptions): Promise<void> {
  const home = homeOf(options);
  const fill = async (): Promise<void> => {
    const world = requireWorld(home);
    const texts = await Promise.all(FILES.map((file) => readFile(join(SAMPLES, file), "utf8")));
    await deploy(world.kubeconfig, texts, (line) => console.log(line));
    await printStatus(home);
    const { gateways } = await worldStatus(world);
    const gateway = gateways.find(({ name }) => name === "bookinfo-gateway-istio");
    if (gateway) console.log(`\nOpen ${gateway.url}/productpage`);
  };
  if (!options.detach) return foreground(home, options, fill);
  await detached(home, options.envoy);
  await fill();
  console.log("It runs in the background: lateen down stops it.");
}
