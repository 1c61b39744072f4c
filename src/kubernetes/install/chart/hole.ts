/**
 * Holes: markers in an installation that stand for what a chart's user will say. They go through rendering as any other
 * value does, and come out wherever the value is used.
 */
import type { Tree } from "../tree.ts";

/**
 * - value: one scalar; maybe: the same, and the field goes when it is empty
 * - map: fields to be spread into the map that it stands in; list: items into the list
 * - each: a list item for each item or each field
 * - yaml, json: a text that is a whole document
 */
type HoleKind = "value" | "maybe" | "map" | "list" | "each" | "yaml" | "json";

export interface Hole {
  kind: HoleKind;
  /** In Helm's language. */
  expression: string;
}

const PATTERN = /⟦(\w+) ([^⟧]+)⟧/g;
const ONLY = /^⟦(\w+) ([^⟧]+)⟧$/;

export const value = (expression: string): string => `⟦value ${expression}⟧`;
export const maybe = (expression: string): string => `⟦maybe ${expression}⟧`;
export const map = (expression: string): Tree => ({ [`⟦map ${expression}⟧`]: "" });
export const list = (expression: string): Tree[] => [{ [`⟦list ${expression}⟧`]: "" }];
/** Of texts that become items. */
export const each = (expression: string): string[] => [`⟦each ${expression}⟧`];
/** Of fields that become items with a name and a value. */
export const eachField = (expression: string): Tree => ({ [`⟦each ${expression}⟧`]: value("$value | toString") });
export const yaml = (expression: string): string => `⟦yaml ${expression}⟧`;
export const json = (expression: string): string => `⟦json ${expression}⟧`;

/** Rendering compares some numbers with others: their holes are numbers too, larger than any that are meant. */
const FIRST_NUMBER = 7_000_000;
const NUMBERS = ["$least", "$most", "$cpu", "$memory", "$replicas"] as const;

/** A number that is in a variable of the template; without it there is no field either. */
export function number(variable: (typeof NUMBERS)[number]): number {
  return FIRST_NUMBER + NUMBERS.indexOf(variable);
}

/** The hole that a scalar is, if it is nothing else. */
export function holeOf(scalar: unknown): Hole | undefined {
  if (typeof scalar === "number") {
    const variable = NUMBERS[scalar - FIRST_NUMBER];
    return variable === undefined ? undefined : { kind: "maybe", expression: variable };
  }
  const [, kind, expression = ""] = typeof scalar === "string" ? (ONLY.exec(scalar) ?? []) : [];
  return isKind(kind) ? { kind, expression } : undefined;
}

/** Replaces the holes in a text, and what is around them. */
export function fillText(
  text: string,
  fill: (expression: string) => string,
  rest: (literal: string) => string,
): string {
  let end = 0;
  let filled = "";
  for (const match of text.matchAll(PATTERN)) {
    filled += rest(text.slice(end, match.index)) + fill(match[2] ?? "");
    end = match.index + match[0].length;
  }
  return filled + rest(text.slice(end));
}

const KINDS = new Set<unknown>(["value", "maybe", "map", "list", "each", "yaml", "json"] satisfies HoleKind[]);

function isKind(kind: unknown): kind is HoleKind {
  return KINDS.has(kind);
}
