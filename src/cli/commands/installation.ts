import { type Command, InvalidArgumentError, Option } from "commander";
import { durationMs } from "../../kinds/istio/duration.ts";
import type { InstallOptions } from "../install.ts";
import type { InstallationOptions } from "../installation-request.ts";
import type { TagOptions } from "../tag.ts";
import type { UninstallOptions } from "../uninstall.ts";
import type { VerifyOptions } from "../verify-install.ts";
import { collect, example, experimental, kubeconfig, output, withInstallation } from "./options.ts";

const yes = (): Option => new Option("-y, --skip-confirmation", "do not ask whether it is meant");

export function installationCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
  installing(program.command("install"))
    .description("install the control plane and gateways into a cluster, or change those that are there")
    .addHelpText(
      "after",
      example(
        "lateen install --set profile=demo -y",
        "lateen install -f mine.yaml",
        "lateen install --revision canary",
      ),
    )
    .action(async (_options, command: Command) =>
      (await import("../install.ts")).install(command.optsWithGlobals<InstallOptions>()),
    );
  installing(program.command("upgrade"))
    .description("bring what is installed to this version, in place, with the files and flags of its installation")
    .addHelpText("after", example("lateen upgrade", "lateen upgrade -f mine.yaml --dry-run"))
    .action(async (_options, command: Command) =>
      (await import("../upgrade.ts")).upgrade(command.optsWithGlobals<InstallOptions>()),
    );
  withInstallation(program.command("uninstall"))
    .description("remove one revision's control plane and gateways, or everything")
    .option("--purge", "everything that was ever installed, definitions (CRDs) and their objects included")
    .addOption(yes())
    .option("--dry-run", "only show what would be removed")
    .option("-v, --verbose", "show each object before it is removed")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen uninstall --revision canary", "lateen uninstall --purge -y"))
    .action(async (_options, command: Command) =>
      (await import("../uninstall.ts")).uninstall(command.optsWithGlobals<UninstallOptions>()),
    );
  program
    .command("verify-install")
    .description("check that everything that was installed is there, as it was installed, and works")
    .option("-f, --filename <file>", "what was applied: manifests or an IstioOperator (several: once each)", collect)
    .option("-r, --revision <name>", "only this revision")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen verify-install", "lateen verify-install -f istio-installation.yaml"))
    .action(async (_options, command: Command) =>
      (await import("../verify-install.ts")).verifyInstall(command.optsWithGlobals<VerifyOptions>()),
    );
  prechecking(program.command("precheck"));
  prechecking(experimental(program).command("precheck"));
  tagCommands(program);
}

function installing(command: Command): Command {
  return withInstallation(command)
    .addOption(yes())
    .option("--dry-run", "only show what would be created and changed")
    .option("--force", "go on where a check says that it can be gone on")
    .addOption(
      new Option("--readiness-timeout <duration>", "how long each component may take to get ready")
        .argParser(duration)
        .default(undefined, "300s"),
    )
    .option("--verify", "check afterwards that everything is there and works")
    .addOption(kubeconfig());
}

function prechecking(command: Command): Command {
  return withInstallation(command)
    .description("check whether a cluster can be installed into or upgraded; changes nothing")
    .addOption(kubeconfig())
    .action(async (_options, command: Command) =>
      (await import("../precheck.ts")).precheckCommand(command.optsWithGlobals<InstallationOptions>()),
    );
}

function tagCommands(program: Command): void {
  const tag = program
    .command("tag")
    .description("give revisions names that namespaces can keep: istio.io/rev=prod")
    .helpCommand(false);
  for (const [name, what] of [
    ["set", "let a tag stand for a revision"],
    ["generate", "print the objects of a tag, as YAML for kubectl"],
  ] as const) {
    tag
      .command(name)
      .description(what)
      .argument("<tag>", "its name; default: where namespaces only say istio-injection=enabled")
      .requiredOption("-r, --revision <name>", "the revision that it stands for")
      .option("--overwrite", "move a tag that is there")
      .option("--auto-inject-namespaces", "inject namespaces without any label too")
      .addOption(yes())
      .addOption(kubeconfig())
      .addHelpText("after", example(`lateen tag ${name} prod --revision canary`))
      .action(async (word: string, _options, command: Command) => {
        const { tagGenerate, tagSet } = await import("../tag.ts");
        await (name === "set" ? tagSet : tagGenerate)(word, command.optsWithGlobals<TagOptions>());
      });
  }
  tag
    .command("list")
    .alias("show")
    .description("list the tags")
    .addOption(output(["table", "json", "yaml"]))
    .addOption(kubeconfig())
    .action(async (_options, command) => (await import("../tag.ts")).tagList(command.optsWithGlobals()));
  tag
    .command("remove")
    .alias("delete")
    .description("remove a tag")
    .argument("<tag>", "its name")
    .addOption(yes())
    .addOption(kubeconfig())
    .action(async (word: string, _options, command) =>
      (await import("../tag.ts")).tagRemove(word, command.optsWithGlobals()),
    );
}

function duration(value: string): number {
  const ms = durationMs(value);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("It must be a duration, such as 300s or 5m.");
  return ms;
}
