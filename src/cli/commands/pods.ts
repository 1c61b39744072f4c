import type { Command } from "commander";
import type { ExecOptions } from "../exec.ts";
import type { LogsOptions } from "../logs.ts";
import { example, kubeconfig, namespace, wholeNumber } from "./options.ts";

export function podCommands(program: Command): void {
  program
    .command("logs")
    .description("show what a container wrote")
    .usage("POD | TYPE/NAME [options]")
    .argument("<pod>", "a pod, or what has pods: deployment/reviews-v1")
    .addOption(namespace("the pod's namespace"))
    .option("-c, --container <name>", "which container (default: the application's)")
    .option("-f, --follow", "go on as more is written")
    .option("-p, --previous", "of the container before its last restart")
    .option("--tail <lines>", "only the last lines", wholeNumber)
    .option("--timestamps", "with the time of each line")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen logs deployment/reviews-v1 -c istio-proxy --tail 20"))
    .action(async (pod: string, _options, command: Command) =>
      (await import("../logs.ts")).logs(pod, command.optsWithGlobals<LogsOptions>()),
    );
  program
    .command("exec")
    .description("run a command in a container")
    .usage("POD | TYPE/NAME [options] -- COMMAND [ARGS…]")
    .argument("<pod>", "a pod, or what has pods: deployment/reviews-v1")
    .argument("<command...>", "what to run")
    .addOption(namespace("the pod's namespace"))
    .option("-c, --container <name>", "which container (default: the application's)")
    .option("-i, --stdin", "pass standard input on")
    .option("-t, --tty", "give it a terminal")
    .addOption(kubeconfig())
    .addHelpText(
      "after",
      example(
        "lateen exec deployment/ratings-v1 -- curl -sS productpage:9080/productpage",
        "lateen exec POD -it -- sh",
      ),
    )
    .action(async (pod: string, words: string[], _options, command: Command) =>
      (await import("../exec.ts")).exec(pod, words, command.optsWithGlobals<ExecOptions>()),
    );
}
