import type { Command } from "commander";
import type { AddOptions } from "../image.ts";
import { collect, detach, envoy, example, kubeconfig, output } from "./options.ts";

export function machineCommands(program: Command): void {
  program.commandsGroup("One machine:");
  program
    .command("demo")
    .description("bring up a world with Bookinfo in it, and print where to find it")
    .addOption(detach())
    .addOption(envoy())
    .action(async (_options, command) => (await import("../demo.ts")).demo(command.optsWithGlobals()));
  program
    .command("up")
    .description("bring up an empty world: Kubernetes API, node, control plane, ingress gateway")
    .addOption(detach())
    .addOption(envoy())
    .action(async (_options, command) => (await import("../up.ts")).up(command.optsWithGlobals()));
  program
    .command("down")
    .description("stop everything that this world runs; its objects stay")
    .option("--purge", "forget its objects too")
    .action(async (_options, command) => (await import("../down.ts")).down(command.optsWithGlobals()));
  program
    .command("status")
    .description("show what runs and where to reach it: of this machine's world, or of the mesh on a cluster")
    .addOption(output(["text", "json"]))
    .addOption(kubeconfig())
    .action(async (_options, command) => (await import("../status.ts")).status(command.optsWithGlobals()));
  const image = program.command("image").description("say which command of this machine a container image stands for");
  image
    .command("add")
    .description("let containers of an image run a command of this machine")
    .usage("NAME [options] -- COMMAND [ARGS…]")
    .argument("<image>", "the image's name, as pods write it; without a tag it stands for all tags")
    .argument("<command...>", "what its containers run")
    .option("--env <NAME=VALUE>", "an environment variable (several: once each)", collect)
    .option("--workdir <dir>", "the folder that it starts in (default: this one)")
    .addHelpText("after", example("lateen image add example/shop --env PORT=8080 -- node server.js"))
    .action(async (name: string, words: string[], _options, command: Command) =>
      (await import("../image.ts")).imageAdd(name, words, command.optsWithGlobals<AddOptions>()),
    );
  image
    .command("list")
    .description("list the images that pods of this world can use")
    .action(async (_options, command) => (await import("../image.ts")).imageList(command.optsWithGlobals()));
}
