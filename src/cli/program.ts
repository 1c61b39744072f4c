/** The list of lateen's commands. Each is a file beside this one, loaded only when it is called. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { ApplyOptions } from "./apply.ts";
import type { DeleteOptions } from "./delete.ts";
import type { ExecOptions } from "./exec.ts";
import type { GetOptions } from "./get.ts";
import type { AddOptions } from "./image.ts";
import type { LogsOptions } from "./logs.ts";
import { version } from "./version.ts";

export function createProgram(): Command {
  const home = new Option("--home <dir>", "where this world keeps its state (several can run beside each other)")
    .env("LATEEN_HOME")
    .default(undefined, "~/.lateen");
  const program = new Command("lateen")
    .description("A service mesh after Istio: the control plane, on this machine or on Kubernetes.")
    .usage("COMMAND [options]")
    .addOption(home)
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
  objectCommands(program);
  podCommands(program);
  proxyCommands(program);
  otherCommands(program);
  return program;
}

function machineCommands(program: Command): void {
  program.commandsGroup("One machine:");
  program
    .command("demo")
    .description("bring up a world with Bookinfo in it, and print where to find it")
    .addOption(detach())
    .addOption(envoy())
    .action(async (_options, command) => (await import("./demo.ts")).demo(command.optsWithGlobals()));
  program
    .command("up")
    .description("bring up an empty world: Kubernetes API, node, control plane, ingress gateway")
    .addOption(detach())
    .addOption(envoy())
    .action(async (_options, command) => (await import("./up.ts")).up(command.optsWithGlobals()));
  program
    .command("down")
    .description("stop everything that this world runs; its objects stay")
    .option("--purge", "forget its objects too")
    .action(async (_options, command) => (await import("./down.ts")).down(command.optsWithGlobals()));
  program
    .command("status")
    .description("show what runs and where to reach it")
    .addOption(output(["text", "json"]))
    .action(async (_options, command) => (await import("./status.ts")).status(command.optsWithGlobals()));
  const image = program.command("image").description("say which command of this machine a container image stands for");
  image
    .command("add")
    .description("let containers of an image run a command of this machine")
    .usage("NAME [options] -- COMMAND [ARGS…]")
    .argument("<image>", "the image's name, as pods write it; without a tag it stands for all tags")
    .argument("<command...>", "what its containers run")
    .option("--env <NAME=VALUE>", "an environment variable (several: once each)", collect)
    .option("--workdir <dir>", "the folder that it starts in (default: this one)")
    .addHelpText("after", example("lateen image add example/shop --env PORT=8080 -- node server.js"))
    .action(async (name: string, words: string[], _options, command: Command) =>
      (await import("./image.ts")).imageAdd(name, words, command.optsWithGlobals<AddOptions>()),
    );
  image
    .command("list")
    .description("list the images that pods of this world can use")
    .action(async (_options, command) => (await import("./image.ts")).imageList(command.optsWithGlobals()));
}

function objectCommands(program: Command): void {
  program.commandsGroup("Objects, for who has no kubectl:");
  program
    .command("apply")
    .description("create or change the objects in YAML or JSON files")
    .usage("-f FILE|DIR|- [options]")
    .requiredOption("-f, --filename <file...>", "a file, a folder of files, or - for standard input")
    .option("-R, --recursive", "look into folders of folders too")
    .addOption(namespace("for objects that name none"))
    .option("--dry-run", "only let the API check them; nothing is changed")
    .option("--force-conflicts", "take over fields that another tool set")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml"))
    .action(async (_options, command: Command) =>
      (await import("./apply.ts")).apply(command.optsWithGlobals<ApplyOptions>()),
    );
  program
    .command("get")
    .description("show objects as a table, YAML or JSON")
    .usage("TYPE[.GROUP][/NAME] [NAME…] [options]")
    .argument("<type>", "what to show: pods, svc, virtualservices, gateway.networking.istio.io, all …")
    .argument("[name...]", "only those of these names")
    .addOption(namespace("where to look"))
    .option("-A, --all-namespaces", "look in all namespaces")
    .option("-l, --selector <labels>", "only those with these labels: app=reviews,version=v1")
    .addOption(output(["table", "wide", "json", "yaml", "name"]))
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen get pods -A", "lateen get virtualservice reviews -o yaml"))
    .action(async (type: string, names: string[], _options, command: Command) =>
      (await import("./get.ts")).get(type, names, command.optsWithGlobals<GetOptions>()),
    );
  program
    .command("delete")
    .description("delete objects by name, or all those in files; wait until they are gone")
    .usage("TYPE NAME… | TYPE/NAME… | -f FILE|DIR|- [options]")
    .argument("[type]", "their type: pod, vs, deployment …")
    .argument("[name...]", "their names")
    .option("-f, --filename <file...>", "a file, a folder of files, or - for standard input")
    .option("-R, --recursive", "look into folders of folders too")
    .addOption(namespace("where they are"))
    .option("--ignore-not-found", "do not mind those that are not there")
    .option("--no-wait", "return at once")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen delete virtualservice reviews", "lateen delete -f routes.yaml"))
    .action(async (type: string | undefined, names: string[], _options, command: Command) =>
      (await import("./delete.ts")).deleteObjects(type, names, command.optsWithGlobals<DeleteOptions>()),
    );
}

function podCommands(program: Command): void {
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
      (await import("./logs.ts")).logs(pod, command.optsWithGlobals<LogsOptions>()),
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
      (await import("./exec.ts")).exec(pod, words, command.optsWithGlobals<ExecOptions>()),
    );
}

function proxyCommands(program: Command): void {
  program.commandsGroup("Proxies:");
  program
    .command("proxy-status")
    .alias("ps")
    .description("show which proxies are in sync, and what they rejected, in Envoy's words")
    .argument("[pod]", "only this pod's proxy: POD or POD.NAMESPACE")
    .addOption(kubeconfig())
    .addOption(output(["text", "json"]))
    .action(async (pod, _options, command) =>
      (await import("./proxy-status.ts")).proxyStatus(pod, command.optsWithGlobals()),
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
    ["bootstrap", "what it was started with"],
    ["all", "everything"],
  ] as const) {
    proxyConfig
      .command(part)
      .description(what)
      .argument("<pod>", "POD or POD.NAMESPACE")
      .addOption(namespace("the pod's namespace"))
      .addOption(kubeconfig())
      .addOption(output(["text", "json", "yaml"]))
      .action(async (pod, _options, command) =>
        (await import("./proxy-config.ts")).proxyConfig(part, pod, command.optsWithGlobals()),
      );
  }
}

function otherCommands(program: Command): void {
  program.commandsGroup("Other:");
  program
    .command("completion")
    .description("print what makes a shell complete lateen's commands")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Put the line of your shell into its start file:
  bash (~/.bashrc)                     source <(lateen completion bash)
  zsh  (~/.zshrc, after compinit)      source <(lateen completion zsh)
  fish (~/.config/fish/config.fish)    lateen completion fish | source`,
    )
    .action(async (shell) => (await import("./completion.ts")).completion(shell));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words, _options, command) =>
      (await import("./completion.ts")).complete(program, words, command.optsWithGlobals()),
    );
  program
    .command("version")
    .description("print the version")
    .action(() => console.log(version()));
}

const detach = (): Option => new Option("-d, --detach", "leave it running in the background");
const envoy = (): Option =>
  new Option("--envoy <path>", "the Envoy to use (default: ENVOY_PATH, PATH, or the pinned release)");
const kubeconfig = (): Option => new Option("--kubeconfig <file>", "the cluster to ask (default: this world's)");
const namespace = (what: string): Option => new Option("-n, --namespace <namespace>", what);

function output(formats: readonly [string, ...string[]]): Option {
  return new Option("-o, --output <format>", "how to print").choices(formats).default(formats[0]);
}

function example(...lines: string[]): string {
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(value);
}
