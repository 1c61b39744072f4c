/** Something that is so, and what more is to be said of it. */
export interface Fact {
  text: string;
  more?: readonly Fact[];
}

export function fact(text: string, more: readonly (Fact | string)[] = []): Fact {
  return { text, more: more.map((each) => (typeof each === "string" ? { text: each } : each)) };
}

/** `reviews`, or with its namespace where that is not the default one: `reviews.shop`. */
export function shortName({ namespace, name }: { namespace?: string; name: string }): string {
  return namespace === undefined || namespace === "default" ? name : `${name}.${namespace}`;
}
