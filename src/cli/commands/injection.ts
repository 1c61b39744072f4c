import type { Command } from "commander";

export function injectionCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
}
