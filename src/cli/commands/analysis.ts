import { type Command, InvalidArgumentError, Option } from "commander";
import { LEVELS, type Level } from "../../analysis/messages.ts";
import type { AnalyzeOptions } from "../analyze.ts";
import type { AuthzCheckOptions } from "../authz-check.ts";
import type { DescribeOptions } from "../describe.ts";
import type { ValidateOptions } from "../validate.ts";
import { collect, example, experimental, kubeconfig, namespace, output, wholeNumber } from "./options.ts";

export function analysisCommands(program: Command): void {
  program.commandsGroup("Answers:");
  program
    .command("analyze")
    .description("say what is likely wrong: with a cluster, with files, or with a cluster once they are applied")
    .usage("[FILE|DIR|-…] [options]")
    .argument("[file...]", "files and folders that would be applied; - for standard input")
    .option("-f, --filename <file...>", "the same")
    .addOption(namespace("which namespace (default: the kubeconfig's)"))
    .option("-A, --all-namespaces", "all namespaces")
    .addOption(yesOrNo("-k, --use-kube [boolean]", "look at the cluster too; false: at files only", true))
    .option("-S, --suppress <code=object>", 'leave out, as "IST0103=Pod *.testing" (several: once each)', collect)
    .addOption(level("--failure-threshold <level>", "the level from which on the exit status is 79", "Error"))
    .addOption(level("--output-threshold <level>", "the level from which on messages are shown", "Info"))
    .addOption(output(["log", "json", "yaml"]))
    .addOption(yesOrNo("--color [boolean]", "in colour (default: on terminals)"))
    .option("-L, --list-analyzers", "list the analyzers; nothing else is done")
    .option("--analyzer <name>", "run only this one (several: once each)", collect)
    .option("--ignore-unknown", "do not mind files that hold something else")
    .option("--meshConfigFile <file>", "the mesh's configuration, instead of the cluster's")
    .option("-r, --revision <revision>", "look at the objects of this revision", "default")
    .option("--timeout <duration>", "how long to wait for the cluster", "30s")
    .option("-v, --verbose", "say what was looked at")
    .addOption(new Option("-R, --recursive", "folders are always looked into").hideHelp())
    .addOption(kubeconfig())
    .addHelpText(
      "after",
      example(
        "lateen analyze",
        "lateen analyze --all-namespaces",
        "lateen analyze routes.yaml my-app/",
        "lateen analyze --use-kube=false routes.yaml my-app/",
        'lateen analyze --suppress "IST0103=Pod mypod.testing"',
      ),
    )
    .action(async (files: string[], _options, command: Command) =>
      (await import("../analyze.ts")).analyzeCommand(files, command.optsWithGlobals<AnalyzeOptions>()),
    );
  program
    .command("validate")
    .alias("v")
    .description("check files by the schema and the rules of their kinds, without a cluster")
    .usage("-f FILE|DIR|-… [options]")
    .requiredOption("-f, --filename <file...>", "a file, a folder of files, or - for standard input")
    .addOption(namespace("for objects that name none"))
    .addOption(new Option("-x, --referential [boolean]").hideHelp())
    .addHelpText("after", example("lateen validate -f samples/bookinfo/networking"))
    .action(async (_options, command: Command) =>
      (await import("../validate.ts")).validate(command.optsWithGlobals<ValidateOptions>()),
    );
  describeCommands(program);
  authorizationCommands(program);
}

function authorizationCommands(program: Command): void {
  experimental(program)
    .command("authz")
    .description("look into AuthorizationPolicies")
    .helpCommand(false)
    .command("check")
    .description("show the policies in force at a pod, or with --to whether they allow a call, and by which rule")
    .argument("<pod>", "POD or POD.NAMESPACE, or what has pods: deployment/reviews-v1")
    .option("--to <method-path...>", "the call: --to GET /reviews/1")
    .option("--tcp", "the call is a connection of which the proxy sees only bytes")
    .option(
      "--from <identity>",
      "who calls: NAMESPACE/SERVICEACCOUNT, or a SPIFFE id (default: somebody on plain text)",
    )
    .option("--host <host>", "the Host of the call (default: the service's)")
    .option("--port <port>", "the port of the pod (default: the first that fits)", wholeNumber)
    .option("--ip <address>", "the address from which it comes")
    .option("--sni <name>", "the server name that the client asks for")
    .option("--header <name:value>", "a header of the call (several: once each)", collect)
    .option(
      "--claim <name=value>",
      "what a valid token of the caller claims, as text or JSON (several: once each)",
      collect,
    )
    .addOption(namespace("the pod's namespace"))
    .addOption(output(["text", "json"]))
    .addOption(kubeconfig())
    .addHelpText(
      "after",
      example(
        "lateen x authz check deployment/reviews-v1",
        "lateen x authz check deployment/reviews-v1 --from default/bookinfo-productpage --to GET /reviews/1",
        "lateen x authz check httpbin-v1.foo --to POST /admin --claim 'groups=[\"admins\"]'",
      ),
    )
    .action(async (pod: string, _options, command: Command) =>
      (await import("../authz-check.ts")).authzCheck(pod, command.optsWithGlobals<AuthzCheckOptions>()),
    );
}

function describeCommands(program: Command): void {
  const describe = experimental(program)
    .command("describe")
    .description("show what applies to a pod or a service: rules, subsets, gateways, and whether it is in the mesh")
    .helpCommand(false);
  for (const { kind, alias } of [{ kind: "pod", alias: "po" } as const, { kind: "service", alias: "svc" } as const]) {
    describe
      .command(kind)
      .alias(alias)
      .argument(`<${kind}>`, `the ${kind}'s name, or NAME.NAMESPACE`)
      .addOption(namespace(`the ${kind}'s namespace`))
      .option("-r, --revision <revision>", "look at the objects of this revision", "default")
      .addOption(kubeconfig())
      .action(async (named: string, _options, command: Command) =>
        (await import("../describe.ts")).describe(kind, named, command.optsWithGlobals<DescribeOptions>()),
      );
  }
}

/** Go's way to write a flag: `--color`, `--color=false`. */
function yesOrNo(flags: string, description: string, otherwise?: boolean): Option {
  return new Option(flags, description).default(otherwise).argParser((value: string) => {
    if (value === "true") return true;
    if (value === "false") return false;
    throw new InvalidArgumentError("It must be true or false, as in --use-kube=false.");
  });
}

function level(flags: string, description: string, otherwise: Level): Option {
  return new Option(`${flags}`, `${description}: ${LEVELS.join(", ")}`)
    .default(otherwise)
    .argParser((value: string) => {
      const found = LEVELS.find((each) => each.toLowerCase() === value.toLowerCase());
      if (found) return found;
      throw new InvalidArgumentError(`It must be one of ${LEVELS.join(", ")}.`);
    });
}
