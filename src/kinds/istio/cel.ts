/**
 * Rules that the API server of a cluster checks itself, whether the control plane answers or not: Istio's, where its
 * definitions have them. The `check-…` files say the same and more, with a remedy, for who asks before or without.
 */
import { EXCLUSIVE } from "../open-api-schema.ts";

/** `rules`: in CEL, with what it says when one does not hold. */
export function ruled<T extends object>(schema: T, rules: Readonly<Record<string, string>>): T {
  const validations = Object.entries(rules).map(([rule, message]) => ({ rule, message }));
  return extended(schema, { "x-kubernetes-validations": validations });
}

/** Of the fields of each group one may be set. Costs the API server nothing, however deep in lists it stands. */
export function exclusive<T extends object>(schema: T, ...groups: readonly (readonly string[])[]): T {
  return extended(schema, { [EXCLUSIVE]: groups });
}

/** A rule that at most one of these fields is set. */
export function oneOfFields(...names: readonly string[]): Record<string, string> {
  const counted = names.map((name) => `(has(self.${name}) ? 1 : 0)`).join(" + ");
  return { [`${counted} <= 1`]: `only one of ${names.join(", ")} can be set` };
}

/** A field, or what it is when it is absent. */
export function given(name: string, otherwise: string): string {
  return `(has(self.${name}) ? self.${name} : ${otherwise})`;
}

/** What `kubectl explain` says of it. */
export function described<T extends object>(schema: T, description: string): T {
  return extended(schema, { description });
}

/** A schema has properties that are not enumerable: they are kept. */
function extended<T extends object>(schema: T, more: object): T {
  const copy: T = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(schema));
  return Object.assign(copy, more);
}
