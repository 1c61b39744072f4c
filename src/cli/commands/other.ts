import { Argument, type Command } from "commander";
import { version } from "../../version.ts";

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
    .description("print the version")
    .action(() => console.log(version()));
}
