import type { Command } from "commander";

export function installationCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
}
