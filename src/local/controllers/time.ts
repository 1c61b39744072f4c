/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since 1970; undefined for no time. */
export function millis(time: string | null | undefined): number | undefined {
  const value = Date.parse(time ?? "");
  return Number.isNaN(value) ? undefined : value;
}
