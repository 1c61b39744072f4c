import { LateenError } from "../../errors.ts";
import { schemaCheck } from "../../store/check/schema-check.ts";
import { isFields } from "../../store/patch/json.ts";
import { advice } from "./advice.ts";
import { checkFields } from "./check-fields.ts";
import type { Installation, Notice } from "./installation.ts";
import { checkMeshConfig } from "./mesh-config.ts";
import { DEFAULT_REVISION } from "./names.ts";
import { OperatorSpec } from "./operator-schema.ts";
import { profileSpec } from "./profiles.ts";
import { OPERATOR_API_VERSION, OPERATOR_KIND, type OperatorFile, readOperator } from "./read-operator.ts";
import { setFlag } from "./set-flag.ts";
import { at, mergeTrees, type Tree, treeAt } from "./tree.ts";

export interface InstallationRequest {
  /** IstioOperator files; later ones win. */
  files: readonly OperatorFile[];
  /** `--set` flags; they win over files. */
  sets: readonly string[];
  /** `--revision`; wins over all. */
  revision?: string;
}

/** What is to be installed: a profile, over it the files, over them the flags. Throws on what cannot be meant. */
export function readInstallation(request: InstallationRequest): Installation {
  const { spec, namespace, warnings } = readSpec(request);
  const installation = resolve(spec, namespace);
  return { ...installation, warnings: [...warnings, ...checkMeshConfig(installation), ...advice(installation)] };
}

/** The same as one IstioOperator: installed from it, it comes to the same. */
export function readOperatorOf(request: InstallationRequest): object {
  const { base, spec, namespace } = readSpec(request);
  const resolved = resolve(spec, namespace);
  return {
    apiVersion: OPERATOR_API_VERSION,
    kind: OPERATOR_KIND,
    metadata: { namespace: resolved.namespace },
    spec: withRemovals(base, spec),
  };
}

interface Spec {
  /** Of the profile alone. */
  base: Tree;
  spec: Tree;
  /** From a file's metadata. */
  namespace: string | undefined;
  warnings: Notice[];
}

function readSpec({ files, sets, revision }: InstallationRequest): Spec {
  const operators = files.map(readOperator);
  const flags = revision === undefined ? sets : [...sets, `revision=${revision}`];
  const checked = operators.map(({ name, spec }) => checkFields(name, spec));
  const written = checked.map(({ spec }) => spec);
  const base = profileSpec(profileName(written, flags));
  const { spec, notices } = checkFields("--set", flags.reduce(setFlag, mergeTrees(base, ...written)));
  const namespace = operators.findLast((operator) => operator.namespace !== undefined)?.namespace;
  return { base, spec, namespace, warnings: [...checked.flatMap((file) => file.notices), ...notices] };
}

/** What `base` has and `tree` has not is null there, so that merging them takes it away again. */
function withRemovals(base: Tree, tree: Tree): Tree {
  const removed = Object.keys(base).filter((name) => !(name in tree));
  const kept = Object.entries(tree).map(([name, value]) => {
    const before = base[name];
    return [name, isFields(value) && isFields(before) ? withRemovals(before, value) : value];
  });
  return { ...Object.fromEntries(kept), ...Object.fromEntries(removed.map((name) => [name, null])) };
}

function profileName(written: readonly Tree[], flags: readonly string[]): string {
  const flag = flags.findLast((one) => /^(spec\.)?profile=/.test(one.trim()));
  const name = flag === undefined ? mergeTrees(...written).profile : flag.slice(flag.indexOf("=") + 1).trim();
  return String(name ?? "default");
}

/** Brings together what can be said in several places: Istio's order is values over the top of the spec. */
function resolve(spec: Tree, fileNamespace: string | undefined): Omit<Installation, "warnings"> {
  const values = treeAt(spec, "values");
  const text = (fallback: string, ...candidates: unknown[]): string =>
    String(candidates.find((one) => one !== undefined && one !== "") ?? fallback);
  const hub = text("", at(values, "global", "hub"), spec.hub);
  const tag = text("", at(values, "global", "tag"), spec.tag);
  const namespace = text("istio-system", at(values, "global", "istioNamespace"), spec.namespace, fileNamespace);
  const revision = text(DEFAULT_REVISION, spec.revision, values.revision);
  const meshConfig = mergeTrees(treeAt(spec, "meshConfig"), treeAt(values, "meshConfig"));
  const whole = mergeTrees(spec, { values: { revision, meshConfig, global: { hub, tag, istioNamespace: namespace } } });
  const checked = typed(whole);
  checkNames(checked, revision, namespace);
  const { profile, components } = checked;
  return { profile, revision, namespace, hub, tag, components, meshConfig, values: checked.values };
}

const check = schemaCheck(OperatorSpec);

function isOperatorSpec(spec: unknown): spec is OperatorSpec {
  return check(spec).length === 0;
}

function typed(spec: Tree): OperatorSpec {
  if (isOperatorSpec(spec)) return spec;
  const problems = check(spec).map(({ field, message }) => `spec.${field}: ${message}`);
  throw new LateenError("LTN5306", problems.join("\n  "), "`lateen profile dump` shows each field with a good value.");
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function checkNames({ components }: OperatorSpec, revision: string, namespace: string): void {
  const names = [
    ["revision", revision],
    ["namespace", namespace],
    ...[...components.ingressGateways, ...components.egressGateways].map(({ name }) => ["a gateway's name", name]),
  ];
  for (const [what = "", name = ""] of names) {
    if (LABEL.test(name)) continue;
    const remedy = "Use small letters, digits and dashes, 63 at most; a version is written 1-2-3.";
    throw new LateenError("LTN5307", `"${name}" cannot be ${what}: it goes into names of objects`, remedy);
  }
}
