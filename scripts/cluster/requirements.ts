import type { Requirement } from "../../src/local/node/requirements.ts";

/** What a node is made of besides Kubernetes' own binaries. A path stands where there is no command. */
export const REQUIREMENTS: readonly Requirement[] = [
  { command: "etcd", debianPackage: "etcd-server", purpose: "keeps the cluster's objects" },
  { command: "containerd", debianPackage: "containerd", purpose: "keeps images and runs containers" },
  { command: "runc", debianPackage: "runc", purpose: "makes containers" },
  { command: "/usr/lib/cni/bridge", debianPackage: "containernetworking-plugins", purpose: "links pods" },
  { command: "iptables", debianPackage: "iptables", purpose: "gives Services their addresses" },
  { command: "conntrack", debianPackage: "conntrack", purpose: "forgets connections to pods that are gone" },
  { command: "ipset", debianPackage: "ipset", purpose: "is looked for by kube-proxy" },
  { command: "socat", debianPackage: "socat", purpose: "is looked for by port-forwarding" },
  { command: "ip", debianPackage: "iproute2", purpose: "links the node to the machine" },
  { command: "sysctl", debianPackage: "procps", purpose: "lets the node forward packets" },
  { command: "unshare", debianPackage: "util-linux", purpose: "makes the node's namespaces" },
  { command: "nsenter", debianPackage: "util-linux", purpose: "enters the node's namespaces" },
  { command: "gcc", debianPackage: "gcc", purpose: "makes process 1 of nodes and pods" },
  { command: "/usr/include/stdio.h", debianPackage: "libc6-dev", purpose: "is what gcc needs for it" },
];
