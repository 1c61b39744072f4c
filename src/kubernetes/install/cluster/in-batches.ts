/** So many requests are under way at a time: an API server a continent away is no reason to wait for each by itself. */
const AT_ONCE = 8;

/** The results in the order of the items. When one fails, those beside it are at their end: nothing happens afterwards. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    for (const result of await Promise.allSettled(items.slice(i, i + AT_ONCE).map(work))) {
      if (result.status === "rejected") throw result.reason;
      results.push(result.value);
    }
  }
  return results;
}
