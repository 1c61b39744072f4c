import type { Command } from "commander";
import type { DiscoveryOptions } from "../discovery.ts";
import type { RatelimitOptions } from "../ratelimit.ts";
import { example, experimental, kubeconfig, namespace, output } from "./options.ts";

export function controlPlaneCommands(program: Command): void {
  program.commandsGroup("Other:");
  program
    .command("discovery", { hidden: true })
    .description("run the control plane: what a pod of istiod does")
    .addOption(kubeconfig())
    .option("--log_output_level <level>", "debug, info, warning, error or none", "info")
    .option("--domain <domain>", "the cluster's domain", "cluster.local")
    .action(async (_options, command: Command) =>
      (await import("../discovery.ts")).discovery(command.optsWithGlobals<DiscoveryOptions>()),
    );
  program
    .command("ratelimit", { hidden: true })
    .description("count Global rate limits: what a pod of lateen-ratelimit does; REDIS_URL names where")
    .option("--discovery-address <address>", "where the control plane is, istiod.istio-system.svc:15012")
    .action(async (options: RatelimitOptions) => (await import("../ratelimit.ts")).ratelimit(options));
  experimental(program)
    .command("ratelimit")
    .description("show of each rate limit how much was asked and refused, and who is refused now")
    .argument("[name]", "a RateLimit; without it all")
    .addOption(kubeconfig())
    .addOption(namespace("of the RateLimits (default: all)"))
    .addOption(output(["text", "json"]))
    .addHelpText("after", example("lateen x ratelimit", "lateen x ratelimit shop -n istio-system"))
    .action(async (name: string | undefined, _options, command: Command) =>
      (await import("../limits.ts")).limits(name, command.optsWithGlobals()),
    );
  experimental(program)
    .command("internal-debug")
    .description("ask the control planes for their account of themselves")
    .argument("<page>", "syncz, holdings?proxy=ID, passes, failures, explain?collection=NAME&key=KEY, version")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen x internal-debug syncz", "lateen x internal-debug passes"))
    .action(async (page: string, _options, command: Command) =>
      (await import("../internal-debug.ts")).internalDebug(page, command.optsWithGlobals()),
    );
}
