import type { Command } from "commander";

export function controlPlaneCommands(program: Command): void {
  program.commandsGroup("Other:");
}
