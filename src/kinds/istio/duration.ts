const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds of a duration as Go writes it (`1.5s`, `1h30m`), or undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0;
  let total = 0;
  PART.lastIndex = 0;
  let end = 0;
  for (let part = PART.exec(rest); part !== null; part = PART.exec(rest)) {
    total += Number(part[1]) * (UNITS[part[2] ?? ""] ?? Number.NaN);
    end = PART.lastIndex;
  }
  return rest.length > 0 && end === rest.length ? sign * total : undefined;
}
