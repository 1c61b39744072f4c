import type { PathNormalization } from "../model.ts";

/** What a proxy makes of a request's path before it looks at it, as MeshConfig's pathNormalization says. */
export function normalizedPath(path: string, how: PathNormalization): string {
  if (how === "NONE") return path;
  const end = path.search(/[?#]/);
  const [name, rest] = end < 0 ? [path, ""] : [path.slice(0, end), path.slice(end)];
  const decoded = how === "DECODE_AND_MERGE_SLASHES" ? name.replaceAll(/%2f|%5c/gi, "/") : name;
  const resolved = withoutDots(unescaped(decoded).replaceAll("\\", "/"));
  return (how === "BASE" ? resolved : resolved.replaceAll(/\/{2,}/g, "/")) + rest;
}

/** Only what need not be escaped: `%2F` stays, it is no slash. */
function unescaped(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet;
  });
}

/** RFC 3986, 5.2.4. */
function withoutDots(path: string): string {
  const parts = path.split("/").slice(1);
  const kept: string[] = [];
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    if (part === "..") kept.pop();
    if (part !== "." && part !== "..") kept.push(part);
    else if (last) kept.push("");
  });
  return `/${kept.join("/")}`;
}
