/** A character that is part of resource names as we and Istio make them. */
const NAME_PART = /[A-Za-z0-9_.|/~*-]/;

/**
 * The names among `names` that Envoy's words are about. Envoy rejects a response as a whole and mostly, not always,
 * says which resource it did not like (`Error adding/updating listener(s) 0.0.0.0_80: …`). Longer names first, so that
 * a name inside another is not blamed for it.
 */
export function blame(message: string, names: Iterable<string>): string[] {
  let rest = message;
  const found: string[] = [];
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    if (name === "") continue;
    let at = rest.indexOf(name);
    let seen = false;
    while (at >= 0) {
      const before = rest[at - 1];
      const after = rest[at + name.length];
      if (!isNamePart(before) && !isNamePart(after, rest[at + name.length + 1])) {
        seen = true;
        rest = `${rest.slice(0, at)} ${rest.slice(at + name.length)}`;
      }
      at = rest.indexOf(name, at + 1);
    }
    if (seen) found.push(name);
  }
  return found;
}

/** A full stop that ends a sentence is not part of a name. */
function isNamePart(character: string | undefined, next?: string): boolean {
  if (character === undefined) return false;
  if (character === ".") return next !== undefined && NAME_PART.test(next);
  return NAME_PART.test(character);
}
