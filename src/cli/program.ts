/**
 * The list of lateen's commands. Their words are in commands/, a file for each group; what they do is in
 * a file of its own beside this one, loaded only when it is called.
 */
import { Command, Option } from "commander";
import { version } from "../version.ts";
import { analysisCommands } from "./commands/analysis.ts";
import { controlPlaneCommands } from "./commands/control-plane.ts";
import { injectionCommands } from "./commands/injection.ts";
import { installationCommands } from "./commands/installation.ts";
import { machineCommands } from "./commands/machine.ts";
import { manifestCommands } from "./commands/manifests.ts";
import { objectCommands } from "./commands/objects.ts";
import { otherCommands } from "./commands/other.ts";
import { podCommands } from "./commands/pods.ts";
import { proxyCommands } from "./commands/proxies.ts";

export function createProgram(): Command {
  const home = new Option("--home <dir>", "where this world keeps its state (several can run beside each other)")
    .env("LATEEN_HOME")
    .default(undefined, "~/.lateen");
  const program = new Command("lateen")
    .description("A service mesh after Istio: the control plane, on this machine or on Kubernetes.")
    .usage("COMMAND [options]")
    .addOption(home)
    .addOption(new Option("--context <name>", "which of the kubeconfig's contexts is meant"))
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show how it is used")
    .addHelpCommand(
      new Command("help").argument("[command]").description("show how a command is used").helpGroup("Other:"),
    )
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: Math.min(process.stdout.columns || 100, 120),
      visibleGlobalOptions: ({ parent }) => (parent ? [home] : []),
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join(", "),
    })
    .showHelpAfterError("(run with --help for how it is used)")
    .addHelpText(
      "after",
      `
Begin with:
  lateen demo --detach     a world with an application in it, and where to find its page
  lateen status            what runs
  lateen get pods          its pods; kubectl works as well, see status
  lateen down              the end of it`,
    );
  machineCommands(program);
  installationCommands(program);
  manifestCommands(program);
  injectionCommands(program);
  objectCommands(program);
  podCommands(program);
  proxyCommands(program);
  analysisCommands(program);
  controlPlaneCommands(program);
  otherCommands(program);
  return program;
}
