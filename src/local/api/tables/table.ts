/** The server's side of `kubectl get`: objects as rows of meta.k8s.io Table. */
import type { Column, Kind } from "../../../kinds/kind.ts";
import type { KubeObject } from "../../../store/object.ts";
import { age } from "./human.ts";
import { findAll, parseJsonPath } from "./json-path.ts";
import { printerOf } from "./printers.ts";

export interface ColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export type Cell = string | number | boolean | null;

/** How a kind is shown: `columns` after the name, and the cells under them. */
export interface Printer<T extends KubeObject = KubeObject> {
  columns: readonly (string | { name: string; type?: string; wide?: boolean })[];
  cells(object: T, now: number): Cell[];
  /** Of the first column, where that is not the object's name. */
  leading?: "none";
}

export interface TableOptions {
  now: number;
  /** What each row carries of its object. */
  include: "None" | "Metadata" | "Object";
  /** After the first event of a watch the columns are known. */
  headers: boolean;
}

export function toTable(
  kind: Kind,
  objects: readonly KubeObject[],
  listMetadata: object,
  options: TableOptions,
): Record<string, unknown> {
  const printer = printerOf(kind.type) ?? columnPrinter(kind.columns ?? []);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: listMetadata,
    columnDefinitions: options.headers ? definitions(printer) : null,
    rows: objects.map((object) => ({
      cells: [...(printer.leading ? [] : [object.metadata.name]), ...printer.cells(object, options.now)],
      ...(options.include !== "None" && { object: included(object, options.include) }),
    })),
  };
}

/** An object with nothing but its metadata. */
export function metadataOf(object: KubeObject): Record<string, unknown> {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

function included(object: KubeObject, include: "Metadata" | "Object"): object {
  return include === "Object" ? object : metadataOf(object);
}

function definitions(printer: Printer): ColumnDefinition[] {
  const name: ColumnDefinition = { name: "Name", type: "string", format: "name", description: NAME, priority: 0 };
  const rest = printer.columns.map((column) => {
    const { name, type = "string", wide = false } = typeof column === "string" ? { name: column } : column;
    return { name, type, format: "", description: name, priority: wide ? 1 : 0 };
  });
  return printer.leading ? rest : [name, ...rest];
}

const NAME = "Name must be unique within a namespace.";

/** Kinds without columns of their own show their age, as CRDs do. */
const AGE: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

const parsed = new WeakMap<readonly Column[], Printer>();

function columnPrinter(columns: readonly Column[]): Printer {
  const known = parsed.get(columns);
  if (known) return known;
  const shown = columns.length === 0 ? [AGE] : columns;
  const paths = shown.map((column) => ({ type: column.type, steps: parseJsonPath(column.jsonPath) }));
  const printer: Printer = {
    columns: shown.map(({ name, type, priority = 0 }) => ({ name, type, wide: priority > 0 })),
    cells: (object, now) => paths.map(({ type, steps }) => cell(type, findAll(steps, object)[0], now)),
  };
  parsed.set(columns, printer);
  return printer;
}

function cell(type: Column["type"], value: unknown, now: number): Cell {
  if (type === "date") return age(typeof value === "string" ? value : undefined, now);
  if (value === undefined || value === null) return null;
  if (type === "string") return typeof value === "string" ? value : JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" || typeof value === "string" ? value : null;
}
