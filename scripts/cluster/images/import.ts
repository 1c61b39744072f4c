import { inNode } from "../node/node.ts";
import { type Image, withArchive } from "./image.ts";

/** Gives images to a node's containerd. Layers that it has are not sent again. */
export function importImages(init: number, images: readonly Image[]): void {
  const known = new Set(ctr(init, ["content", "list", "--quiet"]).split("\n"));
  withArchive(
    images,
    (digest) => known.has(digest),
    (archive) => ctr(init, ["images", "import", archive]),
  );
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
