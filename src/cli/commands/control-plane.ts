import type { Command } from "commander";
import type { DiscoveryOptions } from "../discovery.ts";
import { kubeconfig } from "./options.ts";

export function controlPlaneCommands(program: Command): void {
  program.commandsGroup("Other:");
  program
    .command("discovery", { hidden: true })
    .description("run the control plane: what a pod of istiod does")
    .addOption(kubeconfig())
    .option("--context <name>", "which of the kubeconfig's contexts (default: the current one)")
    .option("--log_output_level <level>", "debug, info, warning, error or none", "info")
    .option("--domain <domain>", "the cluster's domain", "cluster.local")
    .action(async (_options, command: Command) =>
      (await import("../discovery.ts")).discovery(command.optsWithGlobals<DiscoveryOptions>()),
    );
}
