/** Kubernetes objects in YAML and JSON files, each with the place where it and its fields stand. */
import { text as readAll } from "node:stream/consumers";
import {
  type Document,
  type DocumentOptions,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type ParseOptions,
  parseAllDocuments,
  type SchemaOptions,
  type YAMLMap,
} from "yaml";
import type { KubeObject } from "../../store/object.ts";
import { manifestFiles, readText } from "./manifest-files.ts";

export interface Manifest {
  object: KubeObject;
  /** `file.yaml:12`: where this field stands, or where the nearest thing around it does. */
  place(field?: string): string;
}

/** Something in a file that is not an object. The others of the file are still good. */
export interface Unreadable {
  place: string;
  problem: string;
  /** Where it has one. */
  apiVersion?: string;
}

export interface Manifests {
  manifests: Manifest[];
  unreadable: Unreadable[];
}

/**
 * Kubernetes reads YAML 1.1, where `0644` is octal and `yes` is true, but takes times for text, as it does what 1.1
 * takes for numbers to the base of 60 (`8080:80`).
 */
const DIALECT: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  customTags: (tags) =>
    tags.filter((tag) => typeof tag === "string" || !(tag.tag.endsWith(":timestamp") || tag.format === "TIME")),
};

/** What files, folders (their files, in order of their names) and `-` (standard input) hold. */
export async function readManifests(paths: readonly string[], recursive = false): Promise<Manifests> {
  const found: Manifests = { manifests: [], unreadable: [] };
  for (const path of paths) {
    for (const file of path === "-" ? ["-"] : manifestFiles(path, recursive)) {
      const text = file === "-" ? await readAll(process.stdin) : readText(file);
      const { manifests, unreadable } = parseManifests(file === "-" ? "standard input" : file, text);
      found.manifests.push(...manifests);
      found.unreadable.push(...unreadable);
    }
  }
  return found;
}

/** The objects of one text: documents, lists of Kubernetes (`kind: List`) and plain lists. */
export function parseManifests(file: string, text: string): Manifests {
  const lines = new LineCounter();
  const found: Manifests = { manifests: [], unreadable: [] };
  for (const document of parseAllDocuments(text, { ...DIALECT, lineCounter: lines })) {
    const [error] = document.errors;
    if (error) {
      const line = lines.linePos(error.pos[0]).line;
      found.unreadable.push({
        place: `${file}:${line}`,
        problem: `is not YAML: ${firstLine(error.message)}`,
      });
      continue;
    }
    const content = contentOf(document);
    if (content instanceof Error) {
      found.unreadable.push({ place: `${file}:${lineOf(document, lines, [], [])}`, problem: content.message });
      continue;
    }
    for (const path of objectPaths(content, [])) {
      const node = path.length === 0 ? document.contents : document.getIn(path, true);
      const place = (field = ""): string => `${file}:${lineOf(document, lines, path, fieldPath(field))}`;
      const value: unknown = isNode(node) ? node.toJS(document) : node;
      const problem = wrong(value);
      if (problem !== undefined) found.unreadable.push({ place: place(), problem, ...apiVersionIn(value) });
      else if (isObject(value)) found.manifests.push({ object: value, place });
    }
  }
  return found;
}

type Path = (string | number)[];

/** Where in a document its objects are. An empty document has none. */
function objectPaths(value: unknown, path: Path): Path[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => objectPaths(item, [...path, i]));
  if (typeof value === "object" && "kind" in value && "items" in value && Array.isArray(value.items)) {
    if (String(value.kind).endsWith("List")) return objectPaths(value.items, [...path, "items"]);
  }
  return [path];
}

function wrong(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "is not an object";
  for (const field of ["apiVersion", "kind"]) {
    if (typeof Reflect.get(value, field) !== "string") return `has no ${field}`;
  }
  const metadata: unknown = Reflect.get(value, "metadata");
  if (typeof metadata !== "object" || metadata === null || !("name" in metadata)) return "has no metadata.name";
  return typeof metadata.name === "string" ? undefined : "has a metadata.name that is not text: put it in quotes";
}

function apiVersionIn(value: unknown): { apiVersion?: string } {
  const apiVersion: unknown = Reflect.get(Object(value), "apiVersion");
  return typeof apiVersion === "string" ? { apiVersion } : {};
}

/** A text of a few lines can stand for more than fits into memory. */
function contentOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return new Error(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isObject(value: unknown): value is KubeObject {
  return wrong(value) === undefined;
}

/** `spec.http[0].match[0].headers[end-user]` in steps. */
function fieldPath(field: string): Path {
  return [...field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, key, name]) => {
    if (key === undefined) return name ?? "";
    return /^\d+$/.test(key) ? Number(key) : key.replace(/^"(.*)"$/, "$1");
  });
}

/** The line of a field's key, of an item, or of the innermost thing around it that is there. */
function lineOf(document: Document.Parsed, lines: LineCounter, object: Path, field: Path): number {
  const whole: unknown = object.length === 0 ? document.contents : document.getIn(object, true);
  let node = whole;
  let offset = offsetOf(node);
  for (const step of field) {
    const next = isMap(node)
      ? pairOf(node, step)
      : isSeq(node)
        ? { key: undefined, value: node.get(step, true) }
        : undefined;
    if (next?.value === undefined) break;
    offset = offsetOf(next.key) ?? offsetOf(next.value) ?? offset;
    node = next.value;
  }
  return lines.linePos(offset ?? 0).line;
}

function pairOf(map: YAMLMap, step: string | number): { key: unknown; value: unknown } | undefined {
  return map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}
