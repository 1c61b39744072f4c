import { readFileSync } from "node:fs";
import { type Analysis, analyze } from "../analysis/analyze.ts";
import { analyzers } from "../analysis/analyzers/all.ts";
import { defaultGateways } from "../analysis/default-gateways.ts";
import { DOCUMENTATION, isKnownCode, type Level, levelFrom } from "../analysis/messages.ts";
import type { Source } from "../analysis/sources.ts";
import type { Suppression } from "../analysis/suppressions.ts";
import { createWorld, type World } from "../analysis/world.ts";
import { LateenError } from "../errors.ts";
import { printMessages, targetText } from "./analysis-output.ts";
import { clusterSources, requireNamespace, within } from "./analysis-sources.ts";
import { type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { type FileSources, fileSources } from "./file-sources.ts";
import { isNoTarget } from "./target.ts";

export interface AnalyzeOptions extends ClusterOption {
  filename?: string[];
  namespace?: string;
  allNamespaces?: boolean;
  useKube: boolean;
  suppress?: string[];
  failureThreshold: Level;
  outputThreshold: Level;
  output: "log" | "json" | "yaml";
  color?: boolean;
  listAnalyzers?: boolean;
  analyzer?: string[];
  ignoreUnknown?: boolean;
  meshConfigFile?: string;
  revision: string;
  timeout: string;
  verbose?: boolean;
}

/** As `istioctl` has them, for scripts that look at them. */
const FOUND_ISSUES = 79;
const UNREADABLE_FILES = 65;

/** `lateen analyze`: a cluster, files, or files over a cluster. */
export async function analyzeCommand(args: readonly string[], options: AnalyzeOptions): Promise<void> {
  if (options.listAnalyzers) {
    for (const { name, description } of analyzers) console.log(`* ${name}:\n    ${description}`);
    return;
  }
  const suppressions = (options.suppress ?? []).map(suppression);
  requireAnalyzers(options.analyzer ?? []);
  const paths = [...args, ...(options.filename ?? [])];
  if (!options.useKube) {
    if (paths.length === 0) {
      throw new LateenError("LTN5060", "there is nothing to analyze", "Name files, or leave out --use-kube=false.");
    }
    const namespace = options.namespace ?? "default";
    const files = await fileSources(paths, namespace);
    const sources = [...defaultGateways(files.sources), ...files.sources, ...meshConfig(options)];
    conclude(createWorld(sources), files, namespace, options, suppressions);
    return;
  }
  const overCluster = withCluster(options, async (cluster) => {
    const namespace = namespaceOf(options, cluster.connection);
    const files = await fileSources(paths, namespace);
    const { sources, listed } = await within(options.timeout, async () => {
      if (!options.allNamespaces) await requireNamespace(cluster, namespace);
      return clusterSources(cluster, options.revision);
    });
    const world = createWorld([...sources, ...files.sources, ...meshConfig(options)], listed);
    conclude(world, files, namespace, options, suppressions);
  });
  await overCluster.catch((error: unknown) => {
    if (!(error instanceof LateenError) || !isNoTarget(error) || paths.length === 0) throw error;
    const remedy = `${error.remedy ?? ""} Or look at the files alone, with --use-kube=false.`;
    throw new LateenError(error.code, error.message, remedy.trim());
  });
}

function conclude(
  world: World,
  files: FileSources,
  namespace: string,
  options: AnalyzeOptions,
  suppressions: readonly Suppression[],
): void {
  const analysis = analyze(world, {
    ...(!options.allNamespaces && { namespace }),
    suppressions,
    ...(options.analyzer && { only: options.analyzer }),
  });
  const target = targetText(files.names, options.allNamespaces ? undefined : namespace);
  if (options.verbose) printAccount(analysis, target);
  for (const { place, problem } of options.ignoreUnknown ? [] : files.unreadable) {
    console.error(`Error: ${place}: ${problem}`);
  }
  const shown = analysis.messages.filter((message) => levelFrom(message.level, options.outputThreshold));
  printMessages(shown, { target, unreadable: files.unreadable.length, ...options });
  // A script that reads JSON looks into it.
  if (options.output !== "log") return;
  if (analysis.messages.some((message) => levelFrom(message.level, options.failureThreshold))) {
    process.exitCode = FOUND_ISSUES;
    console.error(`Error: analysis found issues in ${target}.\n  ${DOCUMENTATION} has more about each code.`);
  } else if (files.unreadable.length > 0 && !options.ignoreUnknown) {
    process.exitCode = UNREADABLE_FILES;
    console.error("Error: some files could not be read.");
  }
}

function printAccount({ ran, skipped }: Analysis, target: string): void {
  console.error(`Analyzed ${target}.\nAnalyzers that ran:\n${ran.map((name) => `\t${name}`).join("\n")}`);
  if (skipped.length === 0) return;
  const lines = skipped.map(({ analyzer, missing }) => `\t${analyzer} (needs ${missing.join(", ")})`);
  console.error(`Analyzers left out:\n${lines.join("\n")}`);
}

/** `IST0103=Pod *.testing` */
function suppression(text: string): Suppression {
  const [code = "", object = "", ...rest] = text.split("=");
  if (code === "" || object === "" || rest.length > 0) {
    throw new LateenError(
      "LTN5061",
      `"${text}" does not say what to leave out`,
      'Write it as in "IST0103=Pod *.testing".',
    );
  }
  if (!isKnownCode(code)) console.error(`Warning: there is no message ${code}: suppressing it has no effect.`);
  return { code, object };
}

function requireAnalyzers(names: readonly string[]): void {
  for (const name of names) {
    if (analyzers.some((analyzer) => analyzer.name === name)) continue;
    throw new LateenError("LTN5062", `there is no analyzer ${name}`, "lateen analyze -L lists them.");
  }
}

function meshConfig({ meshConfigFile }: AnalyzeOptions): Source[] {
  if (meshConfigFile === undefined) return [];
  try {
    const metadata = { name: "istio", namespace: "istio-system" };
    const data = { mesh: readFileSync(meshConfigFile, "utf8") };
    return [{ object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LateenError(
      "LTN5063",
      `the mesh's configuration cannot be read: ${reason}`,
      "Name a file that is there.",
    );
  }
}
