import type { Command } from "commander";
import type { DashboardOptions } from "../dashboard.ts";
import { example, kubeconfig, namespace, output, wholeNumber } from "./options.ts";

export function proxyCommands(program: Command): void {
  program.commandsGroup("Proxies:");
  program
    .command("proxy-status")
    .alias("ps")
    .description("show which proxies are in sync, and what they rejected, in Envoy's words")
    .argument("[pod]", "only this pod's proxy: POD or POD.NAMESPACE")
    .addOption(kubeconfig())
    .addOption(output(["text", "json"]))
    .action(async (pod, _options, command) =>
      (await import("../proxy-status.ts")).proxyStatus(pod, command.optsWithGlobals()),
    );
  const proxyConfig = program
    .command("proxy-config")
    .alias("pc")
    .description("show what a pod's Envoy holds, as it says itself")
    .helpCommand(false);
  for (const [part, what] of [
    ["cluster", "its clusters"],
    ["listener", "its listeners"],
    ["route", "its routes: those that it has; others it fetches when first needed"],
    ["endpoint", "its endpoints, and whether they are healthy"],
    ["secret", "the certificates that it holds, and whether they are valid; never their keys"],
    ["bootstrap", "what it was started with"],
    ["all", "everything"],
  ] as const) {
    proxyConfig
      .command(part)
      .description(what)
      .argument("<pod>", "POD or POD.NAMESPACE, or what has pods: deployment/reviews-v1")
      .addOption(namespace("the pod's namespace"))
      .addOption(kubeconfig())
      .addOption(output(["text", "json", "yaml"]))
      .action(async (pod, _options, command) =>
        (await import("../proxy-config.ts")).proxyConfig(part, pod, command.optsWithGlobals()),
      );
  }
  program
    .command("dashboard")
    .alias("dash")
    .description("open pages of what runs in the mesh, until Ctrl-C")
    .helpCommand(false)
    .command("envoy")
    .description("the admin pages of a pod's Envoy")
    .argument("<pod>", "POD or POD.NAMESPACE, or what has pods: deployment/reviews-v1")
    .addOption(namespace("the pod's namespace"))
    .option("-p, --port <port>", "where on this machine (default: any that is free)", wholeNumber, 0)
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen dashboard envoy deployment/reviews-v1"))
    .action(async (pod: string, _options, command: Command) =>
      (await import("../dashboard.ts")).dashboardEnvoy(pod, command.optsWithGlobals<DashboardOptions>()),
    );
}
