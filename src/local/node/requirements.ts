/** System commands that the node calls, and the Debian packages that bring them. */
export interface Requirement {
  command: string;
  debianPackage: string;
  /** What it is for, as a sentence of the set-up's report. */
  purpose: string;
}

export const REQUIREMENTS: readonly Requirement[] = [
  { command: "ip", debianPackage: "iproute2", purpose: "gives pods their network links" },
  { command: "nft", debianPackage: "nftables", purpose: "gives Services their addresses and intercepts pod traffic" },
  { command: "unshare", debianPackage: "util-linux", purpose: "makes pods' namespaces" },
  { command: "nsenter", debianPackage: "util-linux", purpose: "enters pods' namespaces" },
  { command: "setpriv", debianPackage: "util-linux", purpose: "runs containers as their user" },
  { command: "pivot_root", debianPackage: "util-linux", purpose: "gives containers their own view of the file system" },
  { command: "script", debianPackage: "bsdutils", purpose: "gives kubectl exec -t a terminal" },
  { command: "mount", debianPackage: "mount", purpose: "mounts pods' volumes" },
];
