import type { Command } from "commander";
import type { CheckInjectOptions } from "../check-inject.ts";
import type { KubeInjectOptions } from "../kube-inject.ts";
import { example, experimental, kubeconfig, namespace } from "./options.ts";

export function injectionCommands(program: Command): void {
  program.commandsGroup("On Kubernetes:");
  program
    .command("kube-inject")
    .description("write the proxy into the pods of workloads, where no webhook is to do it")
    .usage("-f FILE|- [options]")
    .requiredOption("-f, --filename <file>", "YAML with Deployments, Jobs, Pods …; - for standard input")
    .option("-o, --output <file>", "where to write what comes out (default: standard output)")
    .option("-r, --revision <name>", "the control plane that the pods are for")
    .addOption(namespace("of objects that name none"))
    .option("-i, --istioNamespace <namespace>", "where the control plane is", "istio-system")
    .option("--valuesFile <file>", "the values to go by, instead of the cluster's")
    .option("--meshConfigFile <file>", "the mesh's configuration, instead of the cluster's")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen kube-inject -f bookinfo.yaml | kubectl apply -f -"))
    .action(async (_options, command: Command) =>
      (await import("../kube-inject.ts")).kubeInject(command.optsWithGlobals<KubeInjectOptions>()),
    );
  experimental(program)
    .command("check-inject")
    .description("show which control plane gives a pod its proxy, and why the others do not")
    .argument("<pod>", "a pod, or what has pods: deployment/reviews-v1")
    .addOption(namespace("the pod's namespace"))
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen x check-inject deployment/details-v1"))
    .action(async (pod: string, _options, command: Command) =>
      (await import("../check-inject.ts")).checkInject(pod, command.optsWithGlobals<CheckInjectOptions>()),
    );
}
