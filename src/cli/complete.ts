/** What could come next on a command line, from the commands and options that commander knows. */
import type { Argument, Command, Option } from "commander";

export interface Completion {
  value: string;
  description: string;
}

export interface Completions {
  ready: Completion[];
  /** The argument or option whose value is being typed, when only the world can tell: `pod`, `type`. */
  ask?: { what: string; words: readonly string[] };
}

/** `words`: all after `lateen`; the last one is being typed, and may be empty. */
export function completions(program: Command, words: readonly string[]): Completions {
  const typed = words.at(-1) ?? "";
  let command = program;
  let operands: string[] = [];
  let pending: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (pending) {
      pending = undefined;
      continue;
    }
    if (word === "--") return { ready: [] };
    if (word.startsWith("-")) {
      const option = optionsOf(command).find((each) => each.short === word || each.long === word);
      pending = option?.required ? option : undefined;
      continue;
    }
    const next = operands.length === 0 ? command.commands.find((each) => called(each, word)) : undefined;
    if (next) command = next;
    else operands = [...operands, word];
  }
  if (pending) return { ready: (pending.argChoices ?? []).map((value) => ({ value, description: "" })) };
  if (typed.startsWith("-")) {
    const ready = optionsOf(command).filter((each) => !each.hidden && each.long);
    return { ready: ready.map(({ long, description }) => ({ value: long ?? "", description })) };
  }
  const commands = operands.length > 0 ? [] : command.createHelp().visibleCommands(command);
  const ready = commands.map((each) => ({ value: each.name(), description: each.description() }));
  const argument = argumentAt(command, operands.length);
  if (!argument) return { ready };
  const choices = (argument.argChoices ?? []).map((value) => ({ value, description: "" }));
  return { ready: [...ready, ...choices], ask: { what: argument.name(), words: operands } };
}

function optionsOf(command: Command): Option[] {
  const above = command.parent ? optionsOf(command.parent) : [];
  return [...command.createHelp().visibleOptions(command), ...above];
}

function called(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}
