/** The candidate that a misspelt word most likely meant, whatever the case of its letters; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let bound = Math.min(3, Math.max(1, Math.floor(word.length / 2)));
  let best: string | undefined;
  for (const candidate of candidates) {
    // Words of quite another length are not worth comparing.
    if (Math.abs(candidate.length - word.length) > bound) continue;
    const far = distance(wanted, candidate.toLowerCase());
    if (far > bound || (far === bound && best !== undefined)) continue;
    bound = far;
    best = candidate;
  }
  return best;
}

/** Levenshtein's: how many letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
