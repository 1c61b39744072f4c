import { kinds } from "../../kinds/registry.ts";
import { nearest } from "../../nearest.ts";
import { apiVersionOf, type KubeObject } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import type { MessageName, Report } from "../messages.ts";
import { objectProblems } from "../object-problems.ts";
import { groupOf, kindOf } from "../sources.ts";
import type { World } from "../world.ts";

/** Codes of warnings that are messages of their own; all others are schema warnings. */
const NAMED: Readonly<Record<string, MessageName>> = {
  IST0002: "Deprecated",
  IST0130: "VirtualServiceUnreachableRule",
  IST0131: "VirtualServiceIneffectiveMatch",
  IST0134: "ServiceEntryAddressesRequired",
};

const MESH_GROUPS = /(\.istio\.io|^gateway\.networking\.k8s\.io)$/;

export const schemaAnalyzer: Analyzer = {
  name: "schema.ValidationAnalyzer",
  description: "Checks objects by the schema and the rules of their kind",
  needs: [],
  analyze(world, report) {
    for (const object of world.unknown) reportUnknown(report, object);
    for (const { object, causes } of world.malformed) {
      for (const { field, message } of causes) report("SchemaValidationError", object, field, `${field}: ${message}`);
    }
    for (const object of world.everything()) reportProblems(world, report, object);
  },
};

function reportProblems(world: World, report: Report, object: KubeObject): void {
  const kind = kindOf(object);
  const ofFile = world.placeOf(object) !== undefined;
  // A cluster has checked its own kinds, by rules that may be newer than ours.
  if (!kind || !(ofFile || kind.type.group.endsWith(".istio.io"))) return;
  for (const { field, message, remedy } of objectProblems(kind, object, ofFile)) {
    report("SchemaValidationError", object, field, `${field}: ${message}`, remedy);
  }
  // What is to be known of Kubernetes' own kinds is so on one machine only.
  const warnings = MESH_GROUPS.test(kind.type.group) ? (kind.warn?.(object) ?? []) : [];
  for (const { code, field, message, remedy } of warnings) {
    report(NAMED[code] ?? "SchemaWarning", object, field, `${field}: ${message}`, remedy);
  }
}

/** Files may hold kinds of other people's. But in a group that is known, an unknown kind is most likely misspelt. */
function reportUnknown(report: Report, object: KubeObject): void {
  const group = groupOf(object.apiVersion);
  const ours = kinds.filter(({ type }) => type.group === group).map(({ type }) => type);
  if (ours.length === 0 || group === "install.istio.io") return;
  const text = `kind: there is no kind ${object.kind} of ${object.apiVersion}`;
  const elsewhere = kinds.find(({ type }) => type.kind === object.kind)?.type;
  const meant = nearest(
    object.kind,
    ours.map(({ kind }) => kind),
  );
  const known = `${group} has ${ours.map(({ kind }) => kind).join(", ")}`;
  if (elsewhere) report("SchemaValidationError", object, "apiVersion", text, `write ${apiVersionOf(elsewhere)}`);
  else if (meant !== undefined) report("SchemaValidationError", object, "kind", text, `did you mean ${meant}?`);
  else if (group.endsWith(".istio.io")) report("SchemaValidationError", object, "kind", text, known);
}
