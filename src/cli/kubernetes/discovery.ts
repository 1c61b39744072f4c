/** Which kinds of object an API serves, and what people call them: plurals, singulars, short names, categories. */
import { LateenError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import type { Http } from "../../store/cluster/http.ts";
import { apiVersionOf, type ResourceType } from "../../store/object.ts";
import { at, list, text } from "../json.ts";

/** A resource that is served. Each group's versions come in the server's order, the preferred one first. */
export interface Served extends ResourceType {
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly string[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/** Two requests tell all: aggregated discovery, which every supported Kubernetes has. */
export async function discover(http: Http): Promise<Served[]> {
  const answers = await Promise.all(
    ["/api", "/apis"].map((path) => http.json({ method: "GET", path, accept: AGGREGATED })),
  );
  return answers.flatMap(servedBy);
}

function servedBy(answer: unknown): Served[] {
  if (text(at(answer, "kind")) !== "APIGroupDiscoveryList") {
    throw new LateenError(
      "LTN5010",
      "the API does not say in one document what it serves",
      "Kubernetes does so since 1.30: use a newer one, or kubectl.",
    );
  }
  return list(at(answer, "items")).flatMap((group) =>
    list(at(group, "versions")).flatMap((version) =>
      list(at(version, "resources")).map((resource) => ({
        group: text(at(group, "metadata", "name")),
        version: text(at(version, "version")),
        plural: text(at(resource, "resource")),
        kind: text(at(resource, "responseKind", "kind")),
        namespaced: at(resource, "scope") === "Namespaced",
        singular: text(at(resource, "singularResource")),
        shortNames: list(at(resource, "shortNames")).map(text),
        categories: list(at(resource, "categories")).map(text),
        verbs: list(at(resource, "verbs")).map(text),
      })),
    ),
  );
}

/**
 * The resources that a word of the command line means: `pods`, `po`, `pod`, `virtualservice.networking.istio.io`,
 * `gateways.v1.gateway.networking.k8s.io`, or a category such as `all`. Without a group the first one served wins.
 */
export function findTypes(served: readonly Served[], word: string): Served[] {
  const [name = "", ...rest] = word.toLowerCase().split(".");
  const group = rest.join(".");
  const called = served.filter((each) => namesOf(each).includes(name));
  const found =
    group === ""
      ? called[0]
      : (called.find((each) => each.group === group) ?? called.find((each) => isGroup(each, group)));
  if (found) return [found];
  const inCategory = served.filter(
    ({ categories, verbs }) => group === "" && categories.includes(name) && verbs.includes("list"),
  );
  const firsts = inCategory.filter((each) => preferred(inCategory, each));
  if (firsts.length > 0) return firsts;
  throw unknown(served, word);
}

/** The one resource that a word means. */
export function findType(served: readonly Served[], word: string): Served {
  const [found, ...others] = findTypes(served, word);
  if (found && others.length === 0) return found;
  throw new LateenError("LTN5012", `${word} means several kinds of object`, "Name one kind.");
}

/** The resource of an object in a file. */
export function typeOf(served: readonly Served[], apiVersion: string, kind: string): Served | undefined {
  return served.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion);
}

/** `deployment.apps/x`; without a group for the core's kinds. */
export function nameOf(type: Served, name: string): string {
  return `${type.singular || type.plural}${type.group === "" ? "" : `.${type.group}`}/${name}`;
}

function namesOf({ plural, singular, kind, shortNames }: Served): string[] {
  return [plural, singular, kind.toLowerCase(), ...shortNames];
}

/** `VERSION.GROUP`, or the group's beginning, as kubectl allows: `gateways.networking`. */
function isGroup({ group, version }: Served, wanted: string): boolean {
  return wanted === `${version}.${group}` || group.startsWith(`${wanted}.`);
}

function preferred(all: readonly Served[], each: Served): boolean {
  return all.find(({ group, plural }) => group === each.group && plural === each.plural) === each;
}

function unknown(served: readonly Served[], word: string): LateenError {
  const guess = nearest(word.toLowerCase(), served.flatMap(namesOf));
  const hint = guess === undefined ? "" : `Did you mean ${guess}? `;
  return new LateenError("LTN5011", `there is no kind of object called ${word}`, `${hint}See lateen get --help.`);
}
