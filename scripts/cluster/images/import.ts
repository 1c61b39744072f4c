import { inNode } from "../node/node.ts";
import { type Assembled, assemble, type Image, withArchive } from "./image.ts";

/** Gives images to a node's containerd, and returns the names of those that it did not have. Layers are sent once. */
export function importImages(init: number, images: readonly Image[]): string[] {
  const there = new Set(ctr(init, ["images", "list"]).split("\n").map(nameAndDigest));
  const assembled = images.map(assemble);
  const isThere = ({ names, manifest }: Assembled): boolean =>
    names.every((name) => there.has(`${name} ${manifest.digest}`));
  const missing = assembled.filter((image) => !isThere(image));
  if (missing.length === 0) return [];
  const known = new Set(ctr(init, ["content", "list", "--quiet"]).split("\n"));
  withArchive(
    missing,
    (digest) => known.has(digest),
    (archive) => ctr(init, ["images", "import", archive]),
  );
  return missing.flatMap(({ names }) => names);
}

/** A row is a name, a media type and a digest. */
function nameAndDigest(row: string): string {
  const [name, , digest] = row.split(/\s+/);
  return `${name} ${digest}`;
}

/** Removes what pods of an earlier node left in containerd's store. */
export function forgetContainers(init: number): void {
  const lines = (args: string[]): string[] => ctr(init, args).split("\n").filter(Boolean);
  for (const container of lines(["containers", "list", "--quiet"])) ctr(init, ["containers", "delete", container]);
  for (const row of lines(["snapshots", "list"])) {
    const [snapshot = "", ...parentAndKind] = row.trim().split(/\s+/);
    if (parentAndKind.at(-1) === "Active") ctr(init, ["snapshots", "remove", snapshot]);
  }
}

/** containerd's client, in the namespace that Kubernetes uses. */
export function ctr(init: number, args: readonly string[]): string {
  return inNode(init, "ctr", ["--namespace", "k8s.io", ...args]);
}
