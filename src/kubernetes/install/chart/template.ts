/** Trees with holes and choices, as a Helm template. */
import { isFields } from "../../../store/patch/json.ts";
import { at } from "../tree.ts";
import { Choice, isAbsent } from "./choose.ts";
import { fillText, holeOf } from "./hole.ts";

/** Objects, each a document. */
export function template(objects: unknown): string {
  if (!Array.isArray(objects)) throw new Error("there are no objects to write");
  const lines = objects.flatMap((object) => either(object, (one) => ["---", ...fields(one, 0)]));
  return `${lines.join("\n")}\n`;
}

type Lines = readonly string[];

/** What `write` makes of a node, or of both sides of a choice. */
function either(node: unknown, write: (node: unknown) => Lines): Lines {
  if (!(node instanceof Choice)) return isAbsent(node) ? [] : write(node);
  const [yes, no] = [either(node.yes, write), either(node.no, write)];
  if (yes.length === 0) return [`{{- if not (${node.condition}) }}`, ...no, "{{- end }}"];
  return [`{{- if ${node.condition} }}`, ...yes, ...(no.length === 0 ? [] : ["{{- else }}", ...no]), "{{- end }}"];
}

function fields(node: unknown, indent: number): Lines {
  if (!isFields(node)) throw new Error("there is no object to write");
  return Object.entries(node).flatMap(([name, value]) => field(name, value, indent));
}

function field(name: string, node: unknown, indent: number): Lines {
  const spread = holeOf(name);
  if (spread) return [`{{- with ${spread.expression} }}`, `{{- toYaml . | nindent ${indent} }}`, "{{- end }}"];
  return either(node, (value) => {
    const key = `${" ".repeat(indent)}${scalar(name)}:`;
    const optional = onlyHole(value);
    if (optional !== undefined) {
      return [`{{- with ${optional} }}`, key, `  {{- toYaml . | nindent ${indent + 2} }}`, "{{- end }}"];
    }
    const hole = holeOf(value);
    if (hole?.kind === "maybe") return [`{{- with ${hole.expression} }}`, `${key} {{ . | toJson }}`, "{{- end }}"];
    if (hole?.kind === "yaml" || hole?.kind === "json") {
      const format = hole.kind === "yaml" ? "toYaml" : "toPrettyJson";
      return [`${key} |`, `  {{- ${hole.expression} | ${format} | nindent ${indent + 2} }}`];
    }
    const repeats = Array.isArray(value) && value.length === 1 ? holeOf(at(value[0], "name")) : undefined;
    if (repeats?.kind === "each") {
      return [`{{- if ${repeats.expression} }}`, key, ...items([value].flat(), indent + 2), "{{- end }}"];
    }
    if (Array.isArray(value)) return value.length === 0 ? [`${key} []`] : [key, ...items(value, indent + 2)];
    if (isFields(value)) return Object.keys(value).length === 0 ? [`${key} {}`] : [key, ...fields(value, indent + 2)];
    return [`${key} ${scalar(value)}`];
  });
}

/** The expression of the one hole that a map or a list consists of: without it there is no field either. */
function onlyHole(value: unknown): string | undefined {
  const item: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (item instanceof Choice || !isFields(item)) return undefined;
  const [name, ...others] = Object.keys(item);
  const hole = others.length === 0 ? holeOf(name) : undefined;
  return hole?.kind === (Array.isArray(value) ? "list" : "map") ? hole.expression : undefined;
}

function items(list: readonly unknown[], indent: number): Lines {
  const dash = " ".repeat(indent);
  return list.flatMap((node) =>
    either(node, (item) => {
      if (!isFields(item)) return [`${dash}- ${scalar(item)}`];
      const [name] = Object.keys(item);
      const spread = holeOf(name);
      if (spread?.kind === "list") {
        return [`{{- with ${spread.expression} }}`, `{{- toYaml . | nindent ${indent} }}`, "{{- end }}"];
      }
      const each = holeOf(item.name);
      if (each?.kind === "each") return repeated(item, each.expression, indent);
      const [first = "", ...rest] = fields(item, indent + 2);
      if (first.startsWith("{{-")) throw new Error(`the first field of an item cannot depend on anything: ${first}`);
      return [`${dash}- ${first.trimStart()}`, ...rest];
    }),
  );
}

function repeated(item: Record<string, unknown>, expression: string, indent: number): Lines {
  const { name: _, ...others } = item;
  const header =
    Object.keys(others).length === 0 ? `range $name := ${expression}` : `range $name, $value := ${expression}`;
  return [
    `{{- ${header} }}`,
    `${" ".repeat(indent)}- name: {{ $name | toJson }}`,
    ...fields(others, indent + 2),
    "{{- end }}",
  ];
}

function scalar(node: unknown): string {
  const hole = holeOf(node);
  if (hole) return `{{ ${hole.expression} | toJson }}`;
  if (typeof node !== "string") return JSON.stringify(node);
  const quoted = (literal: string): string => JSON.stringify(literal).slice(1, -1).replaceAll("{{", '{{ "{{" }}');
  const written = fillText(node, (expression) => `{{ ${expression} }}`, quoted);
  return PLAIN.test(node) ? written : `"${written}"`;
}

/** Texts that YAML takes for nothing else. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z/][A-Za-z0-9/_.-]*$/i;
