import { equal } from "../../engine/equal.ts";
import type { PodTemplate } from "../../kinds/core/pod-spec.ts";

/** The label that tells the pods of one ReplicaSet of a Deployment from those of another. */
export const TEMPLATE_HASH_LABEL = "pod-template-hash";

/** Kubernetes' alphabet for parts of names: no vowels, no digits that look like letters. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** A short name for a template; `collisions` counts the names that others had already. */
export function templateHash(template: PodTemplate, collisions = 0): string {
  const text = canonical(comparable(template)) + (collisions > 0 ? ` ${collisions}` : "");
  return [...String(fnv1a(text))].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join("");
}

/** Whether two templates make the same pods, whatever ReplicaSet they belong to. */
export function sameTemplate(a: PodTemplate | undefined, b: PodTemplate | undefined): boolean {
  return equal(comparable(a ?? {}), comparable(b ?? {}));
}

/** Without what says nothing about the pods: the hash itself, and empty fields that some clients send. */
function comparable({ metadata, spec }: PodTemplate): unknown {
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = metadata?.labels ?? {};
  return { labels, annotations: metadata?.annotations ?? {}, spec: spec ?? {} };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
    .join(",")}}`;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
