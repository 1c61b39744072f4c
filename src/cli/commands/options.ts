/** Options and words that several commands share. */
import { type Command, InvalidArgumentError, Option } from "commander";

export const detach = (): Option => new Option("-d, --detach", "leave it running in the background");
export const envoy = (): Option =>
  new Option("--envoy <path>", "the Envoy to use (default: ENVOY_PATH, PATH, or the pinned release)");
export const kubeconfig = (): Option => new Option("--kubeconfig <file>", "the cluster to ask (default: this world's)");
export const namespace = (what: string): Option => new Option("-n, --namespace <namespace>", what);

/** The command that has those under it to which Istio gives no place of their own. */
export function experimental(program: Command): Command {
  const known = program.commands.find((command) => command.name() === "experimental");
  return known ?? program.command("experimental").alias("x").description("commands under Istio's names");
}

/** What says which installation is meant. */
export function withInstallation(command: Command): Command {
  return command
    .option(
      "-f, --filename <file>",
      "an IstioOperator, - for standard input (several: once each, later ones win)",
      collect,
    )
    .option("-s, --set <path=value>", "a field of it: profile=demo, values.global.hub=… (several: once each)", collect)
    .option("-r, --revision <name>", "the revision that is meant");
}

export function output(formats: readonly [string, ...string[]]): Option {
  return new Option("-o, --output <format>", "how to print").choices(formats).default(formats[0]);
}

export function example(...lines: string[]): string {
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(value);
}
