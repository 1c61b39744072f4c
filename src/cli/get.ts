import { stringify } from "yaml";
import { LateenError } from "../errors.ts";
import { pathOf } from "../store/cluster/path.ts";
import { isFields } from "../store/patch/json.ts";
import { type Cluster, type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { at, list, text } from "./json.ts";
import { discover, findType, findTypes, nameOf, type Served } from "./kubernetes/discovery.ts";
import { table } from "./table.ts";

export interface GetOptions extends ClusterOption {
  namespace?: string;
  allNamespaces?: boolean;
  output: "table" | "wide" | "json" | "yaml" | "name";
  selector?: string;
}

/** What is asked for: all objects of a type, or one. */
interface Wanted {
  type: Served;
  name?: string;
}

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** `lateen get`: tables come from the API, which knows the columns of each kind. */
export async function get(what: string, names: readonly string[], options: GetOptions): Promise<void> {
  await withCluster(options, async (cluster) => {
    const wanted = targets(await discover(cluster.http), what, names);
    if (options.output === "table" || options.output === "wide") await printTables(cluster, wanted, options);
    else await printObjects(cluster, wanted, options);
  });
}

/** `pods`, `pods,services`, `all`, `pod NAME…`, `pod/NAME`, and several of the last by spaces. */
export function targets(served: readonly Served[], what: string, names: readonly string[]): Wanted[] {
  if (what.includes("/")) {
    return [what, ...names].map((each) => {
      const [type = "", name = "", ...rest] = each.split("/");
      if (type !== "" && name !== "" && rest.length === 0) return { type: findType(served, type), name };
      throw new LateenError(
        "LTN5016",
        `${each} is not of the form TYPE/NAME`,
        "Write for example pod/NAME, or pod NAME.",
      );
    });
  }
  if (names.length > 0) return names.map((name) => ({ type: findType(served, what), name }));
  return what.split(",").flatMap((word) => findTypes(served, word).map((type) => ({ type })));
}

async function printTables(cluster: Cluster, wanted: readonly Wanted[], options: GetOptions): Promise<void> {
  const blocks: string[][] = [];
  const byType = Map.groupBy(wanted, ({ type }) => type);
  for (const [type, each] of byType) {
    const answers: unknown[] = [];
    for (const one of each) answers.push(await request(cluster, one, options, TABLE));
    const lines = tableLines(answers, {
      wide: options.output === "wide",
      namespaces: type.namespaced && options.allNamespaces === true,
      ...(byType.size > 1 && { type }),
    });
    if (lines.length > 0) blocks.push(lines);
  }
  if (blocks.length > 0) console.log(blocks.map((lines) => lines.join("\n")).join("\n\n"));
  else console.error(nothing(cluster, wanted, options));
}

/** The lines of the API's tables of one type, under one header; none when they have no rows. */
export function tableLines(
  answers: readonly unknown[],
  show: { wide: boolean; namespaces: boolean; type?: Served },
): string[] {
  const columns = list(at(answers[0], "columnDefinitions"))
    .map((column, index) => ({
      title: text(at(column, "name")).toUpperCase(),
      index,
      wide: Number(at(column, "priority") ?? 0) > 0,
    }))
    .filter(({ wide }) => show.wide || !wide);
  const rows = answers
    .flatMap((answer) => list(at(answer, "rows")))
    .map((row) => {
      const cells = list(at(row, "cells"));
      const values = columns.map(({ index, title }) => {
        const value = cells[index] ?? "<none>";
        return show.type && title === "NAME" ? nameOf(show.type, String(value)) : String(value);
      });
      return show.namespaces ? [text(at(row, "object", "metadata", "namespace")), ...values] : values;
    });
  if (rows.length === 0) return [];
  const titles = columns.map(({ title }) => title);
  return table(show.namespaces ? ["NAMESPACE", ...titles] : titles, rows);
}

async function printObjects(cluster: Cluster, wanted: readonly Wanted[], options: GetOptions): Promise<void> {
  const found: { type: Served; object: unknown }[] = [];
  for (const one of wanted) {
    const answer = await request(cluster, one, options);
    const type = one.type;
    if (one.name !== undefined) found.push({ type, object: shown(answer, type) });
    else for (const item of list(at(answer, "items"))) found.push({ type, object: shown(item, type) });
  }
  if (options.output === "name") {
    for (const { type, object } of found) console.log(nameOf(type, text(at(object, "metadata", "name"))));
    return;
  }
  const [only] = found;
  const single = wanted.length === 1 && wanted[0]?.name !== undefined;
  const items = found.map(({ object }) => object);
  const value = single ? only?.object : { apiVersion: "v1", kind: "List", items };
  console.log(
    options.output === "json" ? JSON.stringify(value, undefined, 2) : stringify(value, { version: "1.1" }).trimEnd(),
  );
}

/** As one would write it: with its kind, and without the API's account of who owns which field. */
function shown(object: unknown, { group, version, kind }: Served): unknown {
  if (!isFields(object)) return object;
  const { managedFields: _, ...metadata } = isFields(object.metadata) ? object.metadata : {};
  return { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...object, metadata };
}

function request(
  { http, connection }: Cluster,
  { type, name }: Wanted,
  options: GetOptions,
  accept = "application/json",
): Promise<unknown> {
  if (name !== undefined && (options.allNamespaces || options.selector !== undefined)) {
    throw new LateenError(
      "LTN5017",
      "one object by its name cannot be asked for with -A or -l",
      "Leave out the name or the option.",
    );
  }
  const namespace = options.allNamespaces ? undefined : namespaceOf(options, connection);
  const path = pathOf(type, namespace, name, { labelSelector: options.selector });
  return http.json({ method: "GET", path, accept });
}

function nothing({ connection }: Cluster, wanted: readonly Wanted[], options: GetOptions): string {
  const namespaced = wanted.some(({ type }) => type.namespaced) && !options.allNamespaces;
  return `No resources found${namespaced ? ` in namespace ${namespaceOf(options, connection)}; -A looks in all` : ""}.`;
}
