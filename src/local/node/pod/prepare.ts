/** From a container of a pod's spec to the plan of its launch and to what later commands in it need. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../../kinds/core/container.ts";
import { CONTAINER_PATH, toolMounts } from "../built-in-images.ts";
import { containerCommand, type Image } from "../images.ts";
import { makeVolumes, volumeBinds } from "../volumes/volumes.ts";
import type { PodContext } from "./context.ts";
import { environment } from "./environment.ts";
import type { ExecProfile } from "./execute.ts";
import { expand } from "./expand.ts";
import type { LaunchPlan } from "./launch-script.ts";
import { identityOf, privileges } from "./privileges.ts";
import { type Bind, planRoot } from "./root-plan.ts";

export interface Prepared {
  plan: LaunchPlan;
  profile: Omit<ExecProfile, "init">;
  /** Where the container may leave its last words. */
  terminationLog: string;
}

/** Within a pod's own folder. */
export function containerFolderOf(podFolder: string, name: string): string {
  return join(podFolder, "containers", name);
}

export async function prepare(context: PodContext, container: Container, image: Image): Promise<Prepared> {
  const pod = context.pod();
  const { node, ip } = context;
  const folder = containerFolderOf(context.folder, container.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const volumes = context.volumes();
  await makeVolumes(volumes);
  const defaults = {
    PATH: CONTAINER_PATH,
    HOME: identityOf(pod, container).uid === 0 ? "/root" : "/",
    ...image.environment,
  };
  const variables = environment({ pod, podIP: ip, container, image: defaults, sources: node.sources });
  const words = containerCommand(
    image,
    container.command?.map((word) => expand(word, variables)),
    container.args?.map((word) => expand(word, variables)),
  );
  const terminationLog = join(folder, "termination-log");
  writeFileSync(terminationLog, "");
  // Whoever the container runs as may write to it.
  chmodSync(terminationLog, 0o666);
  const fixed: Bind[] = [...image.mounts, ...toolMounts(node.tools)].map((mount) => ({ ...mount, readOnly: true }));
  const message: Bind = {
    source: terminationLog,
    target: container.terminationMessagePath ?? "/dev/termination-log",
    kind: "file",
    readOnly: false,
  };
  const prefix = privileges(pod, container, node.mode);
  const workingDir = container.workingDir ?? image.workingDir;
  return {
    terminationLog,
    profile: { environment: Object.fromEntries(variables), workingDir, privileges: prefix },
    plan: {
      root: planRoot(unique([...fixed, message, ...volumeBinds(container, variables, volumes)])),
      mountPoint: join(folder, "root"),
      etc: join(context.folder, "etc"),
      exitFile: join(folder, "exit"),
      environment: variables,
      workingDir,
      privileges: prefix,
      command: words,
    },
  };
}

/** Of two binds for one target, the later: a pod's volume over what its image brings. */
function unique(binds: readonly Bind[]): Bind[] {
  return [...new Map(binds.map((bind) => [bind.target, bind])).values()];
}

export function containerID(uid: string, name: string, attempt: number): string {
  return `lateen://${createHash("sha256").update(`${uid}/${name}/${attempt}`).digest("hex")}`;
}
