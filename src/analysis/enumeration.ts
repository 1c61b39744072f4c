const SHOWN = 5;

/** `a, b, c`; of many the first, and how many more there are. */
export function enumeration(names: readonly string[]): string {
  const first = names.slice(0, SHOWN).join(", ");
  return names.length > SHOWN ? `${first} and ${names.length - SHOWN} more` : first;
}
