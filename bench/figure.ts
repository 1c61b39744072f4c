/** One line of the table. */
export interface Figure {
  what: string;
  value: string;
  /** What it is compared with, or what to keep in mind. */
  note?: string;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const width = (column: (figure: Figure) => string): number => Math.max(...figures.map((each) => column(each).length));
  const what = width((figure) => figure.what);
  const value = width((figure) => figure.value);
  console.log(`\n${title}`);
  for (const figure of figures) {
    console.log(`  ${figure.what.padEnd(what)}  ${figure.value.padStart(value)}  ${figure.note ?? ""}`.trimEnd());
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Bytes as people read them, in decimal units. */
export function size(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} KB` : `${bytes} B`;
}

export function milliseconds(ms: number): string {
  return ms >= 100 ? `${ms.toFixed(0)} ms` : `${ms.toPrecision(2)} ms`;
}

/** `a` as a share of `b`: `1/240`, or `0.83`. */
export function ratio(a: number, b: number): string {
  return b / a >= 10 ? `1/${Math.round(b / a)}` : (a / b).toFixed(2);
}
