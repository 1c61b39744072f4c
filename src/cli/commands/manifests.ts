import type { Command } from "commander";

export function manifestCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
}
