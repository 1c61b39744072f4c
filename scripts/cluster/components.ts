/** The processes that make a node a cluster, each by its command line in the node's namespaces. */
import { join } from "node:path";
import { type Addresses, SERVICE_CIDR } from "./addresses.ts";
import { BINARIES, type Instance } from "./instance.ts";
import { PKI } from "./pki.ts";

export const COMPONENTS = [
  "etcd",
  "containerd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "load-balancer",
] as const;

export type Component = (typeof COMPONENTS)[number];

/** With or without its prefix: `apiserver` is kube-apiserver. */
export function componentCalled(word: string): Component | undefined {
  return COMPONENTS.find((component) => component === word || component === `kube-${word}`);
}

export function commandOf(component: Component, instance: Instance, addresses: Addresses): string[] {
  switch (component) {
    case "etcd":
      return ["etcd", ...flags({ ...ETCD, name: instance.name })];
    case "containerd":
      return ["containerd", "--config", "/var/etc/containerd.toml"];
    case "kube-apiserver":
      return kubernetes(component, { ...API_SERVER, "advertise-address": addresses.node });
    case "kube-controller-manager":
      return kubernetes(component, { ...clientFlags(component), ...CONTROLLER_MANAGER });
    case "kube-scheduler":
      return kubernetes(component, { ...clientFlags(component), "leader-elect": "false", "bind-address": "127.0.0.1" });
    case "kubelet":
      return kubernetes(component, {
        config: "/var/etc/kubelet.yaml",
        kubeconfig: `${PKI}/kubelet.kubeconfig`,
        "cert-dir": "/var/lib/kubelet/pki",
        "hostname-override": instance.name,
        "node-ip": addresses.node,
      });
    case "kube-proxy":
      return kubernetes(component, { config: "/var/etc/kube-proxy.yaml", "hostname-override": instance.name });
    case "load-balancer":
      return [
        process.execPath,
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "load-balancer/main.ts"),
        `${PKI}/admin.kubeconfig`,
        addresses.loadBalancers.first,
        addresses.loadBalancers.last,
      ];
  }
}

type Flags = Readonly<Record<string, string>>;

const ETCD_CLIENTS = "http://127.0.0.1:2379";

const ETCD: Flags = {
  "data-dir": "/var/lib/etcd",
  "listen-client-urls": ETCD_CLIENTS,
  "advertise-client-urls": ETCD_CLIENTS,
  // what it holds lives as long as the node
  "unsafe-no-fsync": "true",
};

const API_SERVER: Flags = {
  "etcd-servers": ETCD_CLIENTS,
  "service-cluster-ip-range": SERVICE_CIDR,
  "tls-cert-file": `${PKI}/kube-apiserver.crt`,
  "tls-private-key-file": `${PKI}/kube-apiserver.key`,
  "client-ca-file": `${PKI}/ca.crt`,
  "service-account-key-file": `${PKI}/service-accounts.pub`,
  "service-account-signing-key-file": `${PKI}/service-accounts.key`,
  "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
  "authorization-mode": "Node,RBAC",
  "enable-admission-plugins": "NodeRestriction",
  "allow-privileged": "true",
  "kubelet-client-certificate": `${PKI}/kube-apiserver-kubelet.crt`,
  "kubelet-client-key": `${PKI}/kube-apiserver-kubelet.key`,
  "kubelet-certificate-authority": `${PKI}/ca.crt`,
  "kubelet-preferred-address-types": "InternalIP",
};

const CONTROLLER_MANAGER: Flags = {
  "service-account-private-key-file": `${PKI}/service-accounts.key`,
  "root-ca-file": `${PKI}/ca.crt`,
  "cluster-signing-cert-file": `${PKI}/ca.crt`,
  "cluster-signing-key-file": `${PKI}/ca.key`,
  "use-service-account-credentials": "true",
  "allocate-node-cidrs": "false",
  "leader-elect": "false",
  "bind-address": "127.0.0.1",
  "kube-api-qps": "200",
  "kube-api-burst": "400",
};

function clientFlags(component: Component): Flags {
  const kubeconfig = `${PKI}/${component}.kubeconfig`;
  return { kubeconfig, "authentication-kubeconfig": kubeconfig, "authorization-kubeconfig": kubeconfig };
}

function kubernetes(binary: Component, values: Flags): string[] {
  return [join(BINARIES, binary), ...flags(values)];
}

function flags(values: Flags): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
