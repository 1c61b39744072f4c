/** OpenAPI v3: one document per group and version, from the kinds' schemas. */
import { createHash } from "node:crypto";
import { isBuiltIn } from "../../kinds/crd.ts";
import { type OpenApiSchema, toOpenApi } from "../../kinds/open-api-schema.ts";
import type { Catalog, GroupVersion, ServedResource } from "./catalog.ts";
import { ObjectMeta } from "./object-meta.ts";

export interface OpenApiPages {
  /** /openapi/v3: where each document is, with a hash by which clients cache it. */
  index(): object;
  /** `api/v1`, `apis/apps/v1`. */
  document(path: string): object | undefined;
}

export function openApiPages(catalog: Catalog): OpenApiPages {
  const versions = new Map(
    catalog.groups.flatMap((group) =>
      group.versions.map((version): [string, GroupVersion] => [
        group.name === "" ? `api/${version.version}` : `apis/${group.name}/${version.version}`,
        version,
      ]),
    ),
  );
  const made = new Map<string, object>();
  const document = (path: string): object | undefined => {
    const version = versions.get(path);
    const known = made.get(path) ?? (version && documentOf(version, path));
    if (known) made.set(path, known);
    return known;
  };
  return {
    document,
    index: () => ({
      paths: Object.fromEntries(
        [...versions.keys()].map((path) => {
          const hash = createHash("sha256")
            .update(JSON.stringify(document(path)))
            .digest("hex")
            .toUpperCase();
          return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
        }),
      ),
    }),
  };
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

function documentOf(version: GroupVersion, root: string): object {
  const schemas: Record<string, OpenApiSchema> = {};
  const prefix = componentPrefix(version.group, version.version);
  const refs = (schema: unknown, at: string): OpenApiSchema =>
    toOpenApi(schema, (title, object) => ({
      $ref: `#/components/schemas/${place(schemas, `${at}.${title}`, object)}`,
    }));
  const meta = `${META}.ObjectMeta`;
  const metaRef = `${META}.ListMeta`;
  schemas[meta] = refs(ObjectMeta, META);
  schemas[metaRef] = {
    type: "object",
    properties: { continue: STRING, resourceVersion: STRING, remainingItemCount: INT },
  };
  const paths: Record<string, object> = {};
  for (const resource of version.resources) {
    const { group, kind } = resource.type;
    const gvk = { group, version: version.version, kind };
    const name = `${prefix}.${kind}`;
    const { properties, required } = refs(resource.kind.schema, prefix);
    schemas[name] = {
      type: "object",
      description: resource.kind.description,
      properties: {
        apiVersion: { ...STRING, description: "The group and version of this object's form." },
        kind: { ...STRING, description: "What this object is." },
        metadata: { description: "Standard object metadata.", default: {}, allOf: [reference(meta)] },
        ...(typeof properties === "object" ? properties : {}),
      },
      ...(required !== undefined && { required }),
      "x-kubernetes-group-version-kind": [gvk],
    };
    const items = { type: "array", items: { default: {}, allOf: [reference(name)] } };
    schemas[`${name}List`] = {
      type: "object",
      properties: { apiVersion: STRING, kind: STRING, metadata: reference(metaRef), items },
      required: ["items"],
      "x-kubernetes-group-version-kind": [{ ...gvk, kind: `${kind}List` }],
    };
    Object.assign(paths, pathsOf(resource, `/${root}`, name, gvk));
  }
  return { openapi: "3.0.0", info: { title: "Lateen", version: "v1" }, paths, components: { schemas } };
}

const STRING = { type: "string" };
const INT = { type: "integer" };

function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** `io.k8s.api.apps.v1` for Kubernetes' own, `io.istio.networking.v1` for others: as their Go packages are called. */
function componentPrefix(group: string, version: string): string {
  if (isBuiltIn(group)) return `io.k8s.api.${group === "" ? "core" : group.replace(/\..*$/, "")}.${version}`;
  return `${group.split(".").reverse().join(".")}.${version}`;
}

/** Two objects of one title but different content get names of their own. */
function place(schemas: Record<string, OpenApiSchema>, wanted: string, schema: OpenApiSchema): string {
  const text = JSON.stringify(schema);
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}${count}`;
    const known = schemas[name];
    if (known === undefined) schemas[name] = schema;
    if (known === undefined || JSON.stringify(known) === text) return name;
  }
}

function pathsOf(resource: ServedResource, root: string, name: string, gvk: object): Record<string, object> {
  const { plural, namespaced } = resource.type;
  const base = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const body = { content: { "application/json": { schema: reference(name) } } };
  const operation = (action: string, parameters: object[], extra: object = {}, schema = name): object => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
    parameters,
    ...extra,
    responses: { 200: { description: "OK", content: { "application/json": { schema: reference(schema) } } } },
  });
  const scope = namespaced ? [parameter("namespace", "path")] : [];
  const post = operation("post", WRITE, { requestBody: body });
  const collection: Record<string, object> = { parameters: scope, post };
  if (!resource.verbs.includes("list")) return { [base]: collection };
  collection.get = operation("list", LIST, {}, `${name}List`);
  collection.delete = operation("deletecollection", [...LIST, query("dryRun")]);
  const patch = operation("patch", [...WRITE, query("force", "boolean")], {
    // Of Kubernetes' own kinds kubectl knows the merge keys by itself; CRDs have no strategic merge.
    requestBody: {
      content: {
        "application/merge-patch+json": {},
        "application/json-patch+json": {},
        "application/apply-patch+yaml": {},
      },
    },
  });
  const one = {
    parameters: [...scope, parameter("name", "path")],
    get: operation("get", []),
    put: operation("put", WRITE, { requestBody: body }),
    patch,
    delete: operation("delete", [query("dryRun"), query("gracePeriodSeconds", "integer"), query("propagationPolicy")]),
  };
  return {
    [base]: collection,
    [`${base}/{name}`]: one,
    ...(resource.kind.status && {
      [`${base}/{name}/status`]: { parameters: one.parameters, get: one.get, put: one.put, patch },
    }),
  };
}

function parameter(name: string, where: "path" | "query", type = "string"): object {
  return { name, in: where, ...(where === "path" && { required: true }), schema: { type, uniqueItems: true } };
}

function query(name: string, type?: string): object {
  return parameter(name, "query", type);
}

const WRITE = [query("dryRun"), query("fieldManager"), query("fieldValidation"), query("pretty")];
const LIST = [
  query("allowWatchBookmarks", "boolean"),
  query("continue"),
  query("fieldSelector"),
  query("labelSelector"),
  query("limit", "integer"),
  query("resourceVersion"),
  query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
