/**
 * A container's view of the file system: a root of its own in memory, with the host's folders bound in as they are.
 * Where a mount point must exist that the host does not have, the folder above it is *opened*: covered by an overlay
 * whose upper side is in memory. So nothing is ever made on the host, and it works without any privilege over it.
 */
import { lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Bind {
  source: string;
  target: string;
  kind: "folder" | "file";
  readOnly: boolean;
}

export interface Opening {
  /** A folder of the host. */
  path: string;
  /** To be made in it, relative to it: folders, and empty files. */
  folders: string[];
  files: string[];
}

export interface RootPlan {
  /** Names of the host's folders at the root that are bound in as they are. */
  hostFolders: string[];
  hostLinks: { name: string; target: string }[];
  /** Outer ones first. */
  openings: Opening[];
  /** Outer targets first, so that an inner one is not hidden. Targets have no symbolic links in them. */
  binds: Bind[];
}

/** Folders at the root that a container has of its own, whatever the host's hold. */
const OWN = new Set(["dev", "proc", "run", "sys", "lost+found"]);

/** Always opened: their content is partly the pod's, or containers write there. */
const ALWAYS_OPENED = ["/etc", "/tmp", "/var/tmp"];

export function planRoot(binds: readonly Bind[]): RootPlan {
  const hostFolders: string[] = [];
  const hostLinks: RootPlan["hostLinks"] = [];
  for (const entry of readdirSync("/", { withFileTypes: true })) {
    if (entry.isSymbolicLink()) hostLinks.push({ name: entry.name, target: readlinkSync(join("/", entry.name)) });
    else if (entry.isDirectory() && !OWN.has(entry.name)) hostFolders.push(entry.name);
  }
  const openings = new Map<string, Opening>();
  const open = (path: string): Opening => {
    const opening = openings.get(path) ?? { path, folders: [], files: [] };
    openings.set(path, opening);
    return opening;
  };
  for (const path of ALWAYS_OPENED) if (existsAsFolder(path)) open(realpathSync(path));
  const resolved = binds.map((bind) => ({ ...bind, target: withoutLinks(bind.target) }));
  for (const bind of resolved.sort((a, b) => (a.target < b.target ? -1 : 1))) {
    const [, top = ""] = bind.target.split("/");
    if (!hostFolders.includes(top)) continue;
    const above = [...openings.keys()].filter((path) => bind.target.startsWith(`${path}/`)).sort();
    const nearest = above.at(-1) ?? (exists(bind.target) ? undefined : existingAncestor(bind.target));
    if (nearest === undefined || nearest === "/") continue;
    const inner = bind.target.slice(nearest.length + 1);
    if (bind.kind === "folder") open(nearest).folders.push(inner);
    else if (!exists(bind.target)) open(nearest).files.push(inner);
  }
  return {
    hostFolders,
    hostLinks,
    openings: [...openings.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    binds: resolved,
  };
}

/** Follows the host's symbolic links in the part of the path that exists: /var/run/x is /run/x. */
function withoutLinks(path: string): string {
  const rest: string[] = [];
  for (let at = path; at !== "/" && at !== "."; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...rest);
    } catch {
      rest.unshift(basename(at));
    }
  }
  return join("/", ...rest);
}

function existingAncestor(path: string): string {
  let at = dirname(path);
  while (at !== "/" && !exists(at)) at = dirname(at);
  return at;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function existsAsFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
