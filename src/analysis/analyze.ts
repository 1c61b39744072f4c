/**
 * Analysis: what is likely wrong with a set of objects, be they of a cluster, of files, or of files over a cluster's.
 * Pure: objects in, messages out. Whoever has the objects (the command line) and prints the messages is above.
 */
import type { Analyzer } from "./analyzer.ts";
import { analyzers } from "./analyzers/all.ts";
import { LEVELS, MESSAGES, type Message, originOf } from "./messages.ts";
import { isSuppressed, type Suppression } from "./suppressions.ts";
import type { World } from "./world.ts";

export interface AnalyzeOptions {
  /** Only what is said of objects of this namespace, of cluster-scoped ones, and of files. */
  namespace?: string;
  suppressions?: readonly Suppression[];
  /** Names of the only analyzers to run. */
  only?: readonly string[];
}

export interface Analysis {
  /** The worst first. */
  messages: Message[];
  ran: string[];
  /** Those that lack a kind of object. */
  skipped: { analyzer: string; missing: string[] }[];
}

export function analyze(world: World, options: AnalyzeOptions = {}): Analysis {
  const { namespace, suppressions = [], only = [] } = options;
  const analysis: Analysis = { messages: [], ran: [], skipped: [] };
  for (const analyzer of analyzers) {
    if (only.length > 0 && !only.includes(analyzer.name)) continue;
    const missing = analyzer.needs.filter((kind) => !world.knows(kind)).map(({ type }) => type.kind);
    if (missing.length > 0) {
      analysis.skipped.push({ analyzer: analyzer.name, missing });
      continue;
    }
    analysis.ran.push(analyzer.name);
    for (const message of messagesOf(analyzer, world)) {
      if (namespace !== undefined && !concerns(message, namespace)) continue;
      if (!isSuppressed(message, suppressions)) analysis.messages.push(message);
    }
  }
  analysis.messages = unique(analysis.messages).sort(byWeight);
  return analysis;
}

function messagesOf(analyzer: Analyzer, world: World): Message[] {
  const messages: Message[] = [];
  analyzer.analyze(world, (name, object, field, text, remedy) => {
    const place = world.placeOf(object)?.(field);
    messages.push({
      name,
      ...MESSAGES[name],
      object,
      field,
      text,
      ...(place !== undefined && { place }),
      ...(remedy !== undefined && { remedy }),
    });
  });
  return messages;
}

/** Who gives a file means all that is in it. A Namespace is in itself; what is in none concerns all. */
function concerns({ object: { kind, metadata }, place }: Message, namespace: string): boolean {
  const home = kind === "Namespace" ? metadata.name : metadata.namespace;
  return place !== undefined || home === undefined || home === namespace;
}

/** Two analyzers may find the same, each on its way. */
function unique(messages: readonly Message[]): Message[] {
  return [...new Map(messages.map((message) => [`${keyOf(message)} ${message.text}`, message])).values()];
}

function keyOf({ code, object, field }: Message): string {
  return `${code} ${originOf(object)} ${field}`;
}

/** Errors first; then by code and object, and within an object as its fields stand in the file. */
function byWeight(a: Message, b: Message): number {
  const level = LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level);
  return level || keyOf(a).localeCompare(keyOf(b), "en", { numeric: true });
}
