import { Type } from "typebox";
import { ruled } from "./cel.ts";
import { AGE, type IstioObject, istioKind, oneOf, PolicySelector, shape } from "./common.ts";
import { checkLabels } from "./hosts-checks.ts";
import { collect, eachEntry, type Report } from "./report.ts";

const MutualTls = shape("MutualTLS", {}, { mode: oneOf("UNSET", "DISABLE", "PERMISSIVE", "STRICT") });
export type MutualTls = Type.Static<typeof MutualTls>;

const portLevelMtls = ruled(Type.Record(Type.String(), MutualTls, { maxProperties: 4096 }), {
  "self.all(port, 0 < int(port) && int(port) <= 65535)": "must be by ports, 1 to 65535",
});

const PeerAuthenticationSpec = ruled(
  shape("PeerAuthenticationSpec", {}, { selector: PolicySelector, mtls: MutualTls, portLevelMtls }),
  {
    "!has(self.portLevelMtls) || (has(self.selector) && has(self.selector.matchLabels) && self.selector.matchLabels.size() > 0)":
      "settings for ports need a selector",
  },
);
type PeerAuthenticationSpec = Type.Static<typeof PeerAuthenticationSpec>;
export type PeerAuthentication = IstioObject<PeerAuthenticationSpec>;

export const peerAuthenticationKind = istioKind<PeerAuthenticationSpec>(
  {
    group: "security",
    version: "v1",
    otherVersions: ["v1beta1"],
    kind: "PeerAuthentication",
    plural: "peerauthentications",
  },
  PeerAuthenticationSpec,
  {
    description: "PeerAuthentication says whether workloads take plain text, mutual TLS, or both.",
    shortNames: ["pa"],
    columns: [{ name: "Mode", type: "string", jsonPath: ".spec.mtls.mode" }, AGE],
    validate: ({ spec }) => collect((report) => check(report, spec ?? {})),
  },
);

function check(report: Report, spec: PeerAuthenticationSpec): void {
  checkLabels(report, "spec.selector.matchLabels", spec.selector?.matchLabels);
  const selects = Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
  if (spec.portLevelMtls && !selects) {
    report(
      "missing",
      "spec.selector",
      "settings for ports need a selector: ports are those of workloads",
      "give matchLabels",
    );
  }
  if (spec.portLevelMtls && Object.keys(spec.portLevelMtls).length === 0) {
    report("missing", "spec.portLevelMtls", "say for which ports", "give a port, or take it out");
  }
  eachEntry(spec.portLevelMtls, "spec.portLevelMtls", (port, _mode, at) => {
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) report("value", at, `"${port}" is no port`);
  });
}
