import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { LateenError } from "../errors.ts";
import { builtInImages } from "../local/node/built-in-images.ts";
import { addImage, listImages } from "../local/node/images.ts";
import { findCommand } from "../local/node/system/commands.ts";
import { type HomeOption, homeOf, usableHome } from "./home.ts";
import { table } from "./table.ts";

export interface AddOptions extends HomeOption {
  env?: string[];
  workdir?: string;
}

/** `lateen image add`: containers of this image run this command from now on. */
export function imageAdd(name: string, command: readonly string[], options: AddOptions): void {
  const home = usableHome(homeOf(options));
  const [program = "", ...args] = command;
  const workingDir = resolve(options.workdir ?? ".");
  const environment = environmentOf(options.env ?? []);
  addImage(join(home, "images.json"), name, { command: [runnable(program), ...args], environment, workingDir });
  console.log(`Containers of image ${name} run, in ${workingDir}: ${command.join(" ")}`);
  console.log("Those that start from now on; lateen delete pod NAME starts one anew.");
}

export function imageList(options: HomeOption): void {
  const home = homeOf(options);
  const images = listImages(join(home, "images.json"), builtInImages(join(home, "settings.json")));
  const rows = images.map(({ name, command, origin }) => [name, origin === "user" ? command : "(built in)"]);
  console.log(table(["IMAGE", "COMMAND"], rows).join("\n"));
}

/** The program's full path: a container has a PATH of its own. */
function runnable(program: string): string {
  const path = program.includes("/") ? resolve(program) : (findCommand(program) ?? "");
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new LateenError(
      "LTN5022",
      `${program} is not a command of this machine`,
      "Name a program in the PATH, or a file that can be run (chmod +x).",
    );
  }
  return path;
}

export function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new LateenError("LTN5023", `--env ${pair} is not of the form NAME=VALUE`, "As in: --env PORT=8080");
    }),
  );
}
