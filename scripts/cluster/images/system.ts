/** The images that every cluster needs: the process that holds a pod's namespaces, and DNS. */
import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";
import { COREDNS, NODE_INIT } from "../build/others.ts";
import type { Image } from "./image.ts";
import { layer } from "./layer.ts";

export async function systemImages(): Promise<Image[]> {
  return [await binary("pause", NODE_INIT, "65535:65535"), await binary("coredns", COREDNS, "0:0")];
}

async function binary(name: string, file: string, user: string): Promise<Image> {
  const content = await layer((root) => {
    cpSync(file, join(root, name));
    chmodSync(join(root, name), 0o755);
  });
  return { names: [`lateen.local/${name}:1`], config: { Entrypoint: [`/${name}`], User: user }, layers: [content] };
}
