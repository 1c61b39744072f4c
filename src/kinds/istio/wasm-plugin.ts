import { Type } from "typebox";
import { given, ruled } from "./cel.ts";
import {
  AGE,
  int32,
  istioKind,
  list,
  ONE_TARGET,
  oneOf,
  PolicySelector,
  shape,
  struct,
  TargetRef,
  text,
} from "./common.ts";
import { checkTarget } from "./policy-target.ts";
import { collect, each, type Report } from "./report.ts";

const port = Type.Integer({ minimum: 1, maximum: 65535 });

const SCHEMES = "['', 'http', 'https', 'file', 'oci']";
const url = ruled(Type.String({ minLength: 1, maxLength: 2048 }), {
  [`isURL(self) ? url(self).getScheme() in ${SCHEMES} : isURL('http://' + self)`]:
    "must begin with oci, https, http or file",
});

const WasmPluginSpec = ruled(
  shape(
    "WasmPluginSpec",
    { url },
    {
      selector: PolicySelector,
      targetRef: TargetRef,
      targetRefs: Type.Array(TargetRef, { maxItems: 16 }),
      sha256: Type.String({ pattern: "(^$|^[a-f0-9]{64}$)" }),
      imagePullPolicy: oneOf("UNSPECIFIED_POLICY", "IfNotPresent", "Always"),
      imagePullSecret: Type.String({ minLength: 1, maxLength: 253 }),
      verificationKey: text,
      pluginConfig: struct,
      pluginName: Type.String({ minLength: 1, maxLength: 256 }),
      phase: oneOf("UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"),
      priority: int32,
      failStrategy: oneOf("FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"),
      vmConfig: shape(
        "VmConfig",
        {},
        {
          env: list(
            ruled(
              shape(
                "EnvVar",
                { name: Type.String({ minLength: 1, maxLength: 256 }) },
                { valueFrom: oneOf("INLINE", "HOST"), value: Type.String({ maxLength: 2048 }) },
              ),
              {
                [`${given("valueFrom", "''")} != 'HOST' || !has(self.value)`]:
                  "with HOST the value comes from the host",
              },
            ),
          ),
        },
      ),
      match: list(
        shape(
          "TrafficSelector",
          {},
          {
            mode: oneOf("UNDEFINED", "CLIENT", "SERVER", "CLIENT_AND_SERVER"),
            ports: list(shape("PortSelector", { number: port }, {})),
          },
        ),
      ),
      type: oneOf("UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"),
    },
  ),
  ONE_TARGET,
);
type WasmPluginSpec = Type.Static<typeof WasmPluginSpec>;

export const wasmPluginKind = istioKind<WasmPluginSpec>(
  { group: "extensions", version: "v1alpha1", kind: "WasmPlugin", plural: "wasmplugins" },
  WasmPluginSpec,
  {
    description: "WasmPlugin adds a filter in WebAssembly to the proxies of workloads.",
    columns: [AGE],
    validate: ({ spec }) => collect((report) => spec && check(report, spec)),
  },
);

function check(report: Report, spec: WasmPluginSpec): void {
  checkTarget(report, spec);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(spec.url)?.[1];
  if (scheme !== undefined && !["http", "https", "oci", "file"].includes(scheme)) {
    report("value", "spec.url", `a module cannot come from ${scheme}://`, "use oci, https, http or file");
  }
  const names = new Set<string>();
  each(spec.vmConfig?.env, "spec.vmConfig.env", ({ name, value, valueFrom }, at) => {
    if (names.has(name)) report("duplicate", `${at}.name`, `${name} is set already`);
    names.add(name);
    if (valueFrom === "HOST" && value)
      report("conflict", `${at}.value`, "the value comes from the host", "take it out");
  });
}
