import type { Command } from "commander";
import type { ApplyOptions } from "../apply.ts";
import type { DeleteOptions } from "../delete.ts";
import type { GetOptions } from "../get.ts";
import { example, kubeconfig, namespace, output } from "./options.ts";

export function objectCommands(program: Command): void {
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
    .option("-y, --skip-confirmation", "of IstioOperator files, which are installed: do not ask whether it is meant")
    .addOption(kubeconfig())
    .addHelpText("after", example("lateen apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml"))
    .action(async (_options, command: Command) =>
      (await import("../apply.ts")).apply(command.optsWithGlobals<ApplyOptions>()),
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
      (await import("../get.ts")).get(type, names, command.optsWithGlobals<GetOptions>()),
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
      (await import("../delete.ts")).deleteObjects(type, names, command.optsWithGlobals<DeleteOptions>()),
    );
}
