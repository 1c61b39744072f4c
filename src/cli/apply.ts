import { LateenError } from "../errors.ts";
import { StoreError } from "../store/error.ts";
import { type Cluster, type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { applyObject } from "./kubernetes/apply-objects.ts";
import { discover, nameOf, type Served, typeOf } from "./kubernetes/discovery.ts";
import { type Manifest, readManifests } from "./kubernetes/manifests.ts";
import { areOperators } from "./operator-file.ts";

export interface ApplyOptions extends ClusterOption {
  filename: string[];
  namespace?: string;
  recursive?: boolean;
  dryRun?: boolean;
  forceConflicts?: boolean;
  /** Of IstioOperator files, which are installed. */
  skipConfirmation?: boolean;
}

/** `lateen apply`: each object by itself, so that one that is refused does not keep the others out. */
export async function apply(options: ApplyOptions): Promise<void> {
  // As Istio's users know it: `istioctl apply` is its install.
  if (areOperators(options.filename)) return (await import("./install.ts")).install(options);
  const { manifests, unreadable } = await readManifests(options.filename, options.recursive);
  for (const { place, problem } of unreadable) complain(`${place}: ${problem}`);
  if (manifests.length === 0 && unreadable.length === 0) {
    throw new LateenError(
      "LTN5015",
      "there is nothing to apply: no objects in what was given",
      "See lateen apply --help.",
    );
  }
  await withCluster(options, async (cluster) => {
    let served = await discover(cluster.http);
    for (const manifest of manifests) {
      const { apiVersion, kind } = manifest.object;
      // A definition applied a moment ago may have brought the kind.
      if (!typeOf(served, apiVersion, kind)) served = await discover(cluster.http);
      const type = typeOf(served, apiVersion, kind);
      if (type) await applyOne(cluster, type, manifest, options);
      else
        complain(`${manifest.place("kind")}: the API knows no kind ${kind} of ${apiVersion}${elsewhere(served, kind)}`);
    }
  });
}

async function applyOne(
  { store, connection }: Cluster,
  type: Served,
  { object, place }: Manifest,
  options: ApplyOptions,
): Promise<void> {
  const { name, namespace: own } = object.metadata;
  const shown = nameOf(type, name);
  if (type.namespaced && options.namespace !== undefined && own !== undefined && own !== options.namespace) {
    complain(`${place("metadata.namespace")}: ${shown} is of namespace ${own}, not ${options.namespace}`);
    return;
  }
  const namespace = own ?? namespaceOf(options, connection);
  try {
    const outcome = await applyObject(store, type, type.namespaced ? { namespace, name } : { name }, object, {
      fieldValidation: "Strict",
      ...(options.forceConflicts && { force: true }),
      ...(options.dryRun && { dryRun: true }),
      warn: (text) => console.error(`Warning: ${place(leadingField(text))}: ${shown}: ${text}`),
    });
    console.log(`${shown} ${outcome}${options.dryRun ? " (dry run)" : ""}`);
  } catch (error) {
    // Whoever cannot be reached, or does not let us in, will not answer for the next object either.
    if (!(error instanceof StoreError) || error.reason === "ServiceUnavailable" || error.reason === "Unauthorized") {
      throw error;
    }
    for (const { field, text } of refusals(error)) complain(`${place(field)}: ${shown}: ${text}`);
  }
}

/** What was refused, field by field where the API says so. */
export function refusals(error: StoreError): { field: string; text: string }[] {
  if (error.reason === "Conflict") {
    const text = `${error.message.trim()}\n  Take these fields over with --force-conflicts.`;
    return [{ field: error.causes[0]?.field.replace(/^\./, "") ?? "", text }];
  }
  const causes = error.causes.filter(({ field }) => field !== "");
  if (causes.length === 0) return [{ field: leadingField(error.message), text: error.message }];
  return causes.map(({ field, message }) => ({ field, text: `${field}: ${message}` }));
}

/** `spec.hosts[0]` of `spec.hosts[0]: there is no such host`, and of `unknown field "spec.hosts[0]"`. */
function leadingField(text: string): string {
  return (
    /^((?:metadata|spec|data|rules|webhooks)[^\s:]*):? |unknown field "([^"]+)"/.exec(text)?.slice(1).join("") ?? ""
  );
}

function elsewhere(served: readonly Served[], kind: string): string {
  const others = served.filter((type) => type.kind === kind).map(({ group, version }) => `${group}/${version}`);
  return others.length === 0 ? "" : `, but of ${others.join(", ").replaceAll(/(^|, )\//g, "$1")}`;
}

function complain(line: string): void {
  process.exitCode = 1;
  console.error(`Error: ${line}`);
}
