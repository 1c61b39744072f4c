import { type Command, Option } from "commander";
import type { GenerateOptions } from "../manifest.ts";
import type { DumpOptions } from "../profile.ts";
import { collect, example, output, withInstallation } from "./options.ts";

export function manifestCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
  const manifest = program.command("manifest").description("show what an installation consists of").helpCommand(false);
  withInstallation(manifest.command("generate"))
    .description("print what install would apply, as YAML for kubectl")
    .option("--component <name>", "only this component: Base, Pilot … (several: once each)", collect)
    .option("-o, --output <dir>", "write a file for each component into this folder")
    .addHelpText(
      "after",
      example(
        "lateen manifest generate --set profile=demo | kubectl apply -f -",
        "lateen manifest generate -o rendered",
      ),
    )
    .action(async (_options, command: Command) =>
      (await import("../manifest.ts")).generate(command.optsWithGlobals<GenerateOptions>()),
    );
  manifest
    .command("diff")
    .description("compare two generated manifests; ends with status 1 when they differ")
    .argument("<before>", "a file or a folder")
    .argument("<after>", "another")
    .action(async (before: string, after: string) => (await import("../manifest.ts")).diff(before, after));

  const profile = program.command("profile").description("show what installations can start from").helpCommand(false);
  profile
    .command("list")
    .description("list the profiles")
    .action(async () => (await import("../profile.ts")).list());
  withInstallation(profile.command("dump"))
    .description("print an IstioOperator with everything that a profile says, for install -f")
    .argument("[profile]", "its name (default: what the files say, or default)")
    .addOption(output(["yaml", "json"]))
    .addOption(new Option("-p, --config-path <path>", "only this part of the spec: values.global.proxy"))
    .addHelpText("after", example("lateen profile dump demo > mine.yaml", "lateen install -f mine.yaml"))
    .action(async (name: string | undefined, _options, command: Command) =>
      (await import("../profile.ts")).dump(name, command.optsWithGlobals<DumpOptions>()),
    );
  profile
    .command("diff")
    .description("compare two profiles; ends with status 1 when they differ")
    .argument("<before>", "a profile")
    .argument("<after>", "another")
    .action(async (before: string, after: string) => (await import("../profile.ts")).diff(before, after));
}
