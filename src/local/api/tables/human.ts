/** Times and lists as `kubectl get` shows them. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Two units at most, and fewer the longer it is: `45s`, `3m20s`, `5h`, `2d4h`, `120d`, `3y10d`. */
export function humanDuration(seconds: number): string {
  const s = Math.floor(seconds);
  if (s < -1) return "<invalid>";
  if (s < 2 * MINUTE) return `${Math.max(0, s)}s`;
  if (s < 10 * MINUTE) return two(s, MINUTE, "m", 1, "s");
  if (s < 3 * HOUR) return `${Math.floor(s / MINUTE)}m`;
  if (s < 8 * HOUR) return two(s, HOUR, "h", MINUTE, "m");
  if (s < 2 * DAY) return `${Math.floor(s / HOUR)}h`;
  if (s < 8 * DAY) return two(s, DAY, "d", HOUR, "h");
  if (s < 2 * YEAR) return `${Math.floor(s / DAY)}d`;
  if (s < 8 * YEAR) return two(s, YEAR, "y", DAY, "d");
  return `${Math.floor(s / YEAR)}y`;
}

function two(s: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((s % large) / small);
  return `${Math.floor(s / large)}${largeName}${rest === 0 ? "" : `${rest}${smallName}`}`;
}

/** How long ago an RFC 3339 time was. */
export function age(time: string | null | undefined, now: number): string {
  if (!time) return "<unknown>";
  const then = Date.parse(time);
  return Number.isNaN(then) ? "<invalid>" : humanDuration((now - then) / 1000);
}

/** The first few of many, then how many more. */
export function firstFew(items: readonly string[], count: number): string {
  if (items.length === 0) return "<none>";
  const shown = items.slice(0, count).join(",");
  return items.length > count ? `${shown} + ${items.length - count} more...` : shown;
}

export function orNone(text: string | undefined): string {
  return text ? text : "<none>";
}

/** `a=b,c=d`, as selectors and label columns show maps. */
export function pairs(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return orNone(entries.map(([key, value]) => `${key}=${value}`).join(","));
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export function selectorText(selector: Selector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${[...(values ?? [])].sort().join(",")})`;
  });
  return orNone([...labels, ...expressions].sort().join(","));
}
