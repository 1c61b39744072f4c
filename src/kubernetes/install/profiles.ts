/** The profiles: what each says beyond profile default, as the `spec` of an IstioOperator. */
import { LateenError } from "../../errors.ts";
import { version } from "../../version.ts";
import { mergeTrees, type Tree } from "./tree.ts";
import { defaultValues } from "./value-defaults.ts";

const DEFAULT_HUB = "docker.io/lateen";

const small = { requests: { cpu: "10m", memory: "40Mi" } };

interface Profile {
  name: string;
  /** What it is for, in a line. */
  description: string;
  spec: Tree;
}

const ingress = (enabled: boolean) => [{ name: "istio-ingressgateway", enabled }];
const egress = (enabled: boolean) => [{ name: "istio-egressgateway", enabled }];

export const profiles: readonly Profile[] = [
  {
    name: "default",
    description: "control plane and ingress gateway, for use",
    spec: {
      profile: "default",
      hub: DEFAULT_HUB,
      tag: version(),
      components: {
        base: { enabled: true },
        pilot: { enabled: true },
        ingressGateways: ingress(true),
        egressGateways: egress(false),
      },
      values: defaultValues,
    },
  },
  {
    name: "demo",
    description: "ingress and egress gateways, small requests of resources, access logs: to try things out",
    spec: {
      profile: "demo",
      meshConfig: { accessLogFile: "/dev/stdout" },
      components: { egressGateways: egress(true) },
      values: {
        pilot: {
          autoscaleEnabled: false,
          traceSampling: 100,
          resources: { requests: { cpu: "10m", memory: "100Mi" } },
        },
        gateways: {
          "istio-egressgateway": { autoscaleEnabled: false, resources: { ...small, limits: null } },
          "istio-ingressgateway": {
            autoscaleEnabled: false,
            resources: { ...small, limits: null },
            ports: [
              ...defaultValues.gateways["istio-ingressgateway"].ports,
              { name: "tcp", port: 31400, targetPort: 31400, protocol: "TCP" },
              { name: "tls", port: 15443, targetPort: 15443, protocol: "TCP" },
            ],
          },
        },
      },
    },
  },
  {
    name: "minimal",
    description: "control plane only",
    spec: { profile: "minimal", components: { ingressGateways: ingress(false) } },
  },
  {
    name: "empty",
    description: "nothing: a start for files that enable what they want",
    spec: {
      profile: "empty",
      components: { base: { enabled: false }, pilot: { enabled: false }, ingressGateways: ingress(false) },
    },
  },
];

/** Everything that a profile says. */
export function profileSpec(name: string): Tree {
  const [base] = profiles;
  const profile = profiles.find((one) => one.name === name);
  if (base && profile) return mergeTrees(base.spec, profile.spec);
  const known = profiles.map((profile) => profile.name).join(", ");
  throw new LateenError("LTN5305", `there is no profile "${name}"`, `Use one of ${known}.`);
}
