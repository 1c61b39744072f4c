import { Argument, type Command } from "commander";
import type { VersionOptions } from "../version.ts";
import { kubeconfig, output } from "./options.ts";

export function otherCommands(program: Command): void {
  program.commandsGroup("Other:");
  program
    .command("completion")
    .description("print what makes a shell complete lateen's commands")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Put the line of your shell into its start file:
  bash (~/.bashrc)                     source <(lateen completion bash)
  zsh  (~/.zshrc, after compinit)      source <(lateen completion zsh)
  fish (~/.config/fish/config.fish)    lateen completion fish | source`,
    )
    .action(async (shell) => (await import("../completion.ts")).completion(shell));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words, _options, command) =>
      (await import("../completion.ts")).complete(program, words, command.optsWithGlobals()),
    );
  program
    .command("version")
    .description("print the versions of this command, of the control planes and of the proxies")
    .option("-s, --short", "only the versions (the default; --no-short for more)", true)
    .option("--no-short", "with the control planes' pods and revisions")
    .option("--remote", "ask the cluster too (the default; --no-remote does not)", true)
    .option("--no-remote", "only this command's own")
    .addOption(output(["text", "json", "yaml"]))
    .addOption(kubeconfig())
    .action(async (_options, command: Command) =>
      (await import("../version.ts")).printVersion(command.optsWithGlobals<VersionOptions>()),
    );
}
