import assert from "node:assert/strict";
import { test } from "node:test";
import { completions } from "./complete.ts";
import { createProgram } from "./program.ts";

const program = createProgram();

function ready(...words: string[]): string[] {
  return completions(program, words).ready.map(({ value }) => value);
}

test("commands, their subcommands, choices and options complete themselves", () => {
  assert.ok(ready("").includes("demo") && !ready("").includes("__complete"));
  assert.deepEqual(ready("pc", ""), ["cluster", "listener", "route", "endpoint", "secret", "bootstrap", "all"]);
  assert.deepEqual(ready("completion", ""), ["bash", "zsh", "fish"]);
  assert.deepEqual(ready("--home", "demo", "status", "-o", ""), ["text", "json"]);
  assert.ok(ready("logs", "x", "-").includes("--previous"));
});

test("values of options and what follows -- are left to the shell", () => {
  assert.deepEqual(completions(program, ["apply", "-f", ""]), { ready: [] });
  assert.deepEqual(completions(program, ["exec", "x", "--", "l"]), { ready: [] });
});

test("pods, types and names are asked of the world", () => {
  assert.deepEqual(completions(program, ["logs", "-n", "x", ""]).ask, { what: "pod", words: [] });
  assert.deepEqual(completions(program, ["pc", "route", "r"]).ask, { what: "pod", words: [] });
  assert.deepEqual(completions(program, ["get", ""]).ask, { what: "type", words: [] });
  assert.deepEqual(completions(program, ["delete", "pod", "a", ""]).ask, { what: "name", words: ["pod", "a"] });
});

test("every command and option says what it is for", () => {
  const commands = [...program.commands, ...program.commands.flatMap((command) => command.commands)];
  for (const command of commands.filter((each) => !each.name().startsWith("__"))) {
    assert.notEqual(command.description(), "", command.name());
    for (const option of command.options.filter(({ hidden }) => !hidden)) {
      assert.notEqual(option.description, "", `${command.name()} ${option.flags}`);
    }
  }
});
