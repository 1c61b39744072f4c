/** The `lateen` command. Each command is a file beside this one, loaded only when it is called. */
import { Command, Option } from "commander";
import { report } from "./report.ts";
import { version } from "./version.ts";

const program = new Command("lateen")
  .description("A service mesh after Istio: the control plane, on this machine or on Kubernetes.")
  .addOption(
    new Option("--home <dir>", "where this world keeps its state (several can run beside each other)")
      .env("LATEEN_HOME")
      .default(undefined, "~/.lateen"),
  )
  .showHelpAfterError("(run with --help for how it is used)");

program.commandsGroup("One machine:");
program
  .command("demo")
  .description("bring up a world with Bookinfo in it, and print where to find it")
  .option("-d, --detach", "leave it running in the background")
  .option("--envoy <path>", "the Envoy to use (default: ENVOY_PATH, PATH, or the pinned release)")
  .action(async (_options, command) => (await import("./demo.ts")).demo(command.optsWithGlobals()));
program
  .command("up")
  .description("bring up an empty world: Kubernetes API, node, control plane, ingress gateway")
  .option("-d, --detach", "leave it running in the background")
  .option("--envoy <path>", "the Envoy to use (default: ENVOY_PATH, PATH, or the pinned release)")
  .action(async (_options, command) => (await import("./up.ts")).up(command.optsWithGlobals()));
program
  .command("down")
  .description("stop everything that this world runs; its objects stay")
  .option("--purge", "forget its objects too")
  .action(async (_options, command) => (await import("./down.ts")).down(command.optsWithGlobals()));
program
  .command("status")
  .description("show what runs and where to reach it")
  .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
  .action(async (_options, command) => (await import("./status.ts")).status(command.optsWithGlobals()));

program.commandsGroup("Proxies:");
program
  .command("proxy-status")
  .alias("ps")
  .description("show which proxies are in sync, and what they rejected, in Envoy's words")
  .argument("[pod]", "only this pod's proxy: POD or POD.NAMESPACE")
  .option("--kubeconfig <file>", "the cluster to ask (default: this world's)")
  .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
  .action(async (pod, _options, command) =>
    (await import("./proxy-status.ts")).proxyStatus(pod, command.optsWithGlobals()),
  );
const proxyConfig = program
  .command("proxy-config")
  .alias("pc")
  .description("show what a pod's Envoy holds, as it says itself");
for (const [part, what] of [
  ["cluster", "its clusters"],
  ["listener", "its listeners"],
  ["route", "its routes: those that it has; others it fetches when first needed"],
  ["endpoint", "its endpoints, and whether they are healthy"],
  ["bootstrap", "what it was started with"],
  ["all", "everything"],
] as const) {
  proxyConfig
    .command(part)
    .description(what)
    .argument("<pod>", "POD or POD.NAMESPACE")
    .option("-n, --namespace <namespace>", "the pod's namespace")
    .option("--kubeconfig <file>", "the cluster to ask (default: this world's)")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json", "yaml"]).default("text"))
    .action(async (pod, _options, command) =>
      (await import("./proxy-config.ts")).proxyConfig(part, pod, command.optsWithGlobals()),
    );
}

program.commandsGroup("Other:");
program
  .command("version")
  .description("print the version")
  .action(() => console.log(version()));

try {
  await program.parseAsync();
} catch (error) {
  report(error);
}
