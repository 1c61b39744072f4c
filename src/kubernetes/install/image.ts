import type { Installation } from "./installation.ts";

/** `hub/name:tag`. A name with a slash is a whole image already; a component may have a hub and a tag of its own. */
export function imageOf(
  { hub, tag }: Pick<Installation, "hub" | "tag">,
  name: string,
  own: { hub?: string; tag?: string | number } = {},
): string {
  return name.includes("/") ? name : `${own.hub || hub}/${name}:${own.tag || tag}`;
}
