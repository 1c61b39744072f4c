import type { Command } from "commander";

export function analysisCommands(program: Command): void {
  program.commandsGroup("Answers:");
}
