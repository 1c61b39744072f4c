import { nearest } from "../nearest.ts";

/** How often one analysis looks for what may have been meant: each time all names are compared. */
const TIMES = 20;

/** Makes remedies: "did you mean …?" where something has nearly the same name, else what is given. */
export function suggester(): (word: string, candidates: () => Iterable<string>, otherwise: string) => string {
  let times = 0;
  return (word, candidates, otherwise) => {
    const meant = times++ < TIMES ? nearest(word, candidates()) : undefined;
    return meant === undefined ? otherwise : `did you mean ${JSON.stringify(meant)}?`;
  };
}
