import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ServiceObject } from "../../../src/mesh/kubernetes.ts";
import type { MeshSettings } from "../../../src/mesh/model.ts";
import { authorizationOf } from "../../../src/mesh/security/authorization.ts";
import type { Authorization } from "../../../src/mesh/security/authorization-model.ts";
import { type Call, evaluate } from "../../../src/mesh/security/evaluate.ts";
import { normalizedPath } from "../../../src/mesh/security/normalized-path.ts";
import { DEFAULT_SETTINGS } from "../../../src/mesh/settings.ts";
import { testMesh } from "../../../src/mesh/testing.ts";
import { keyOf } from "../../../src/store/object.ts";
import type { CallSpec } from "./calls.ts";
import { ISSUER, type Proxied, peerOf, startProxied } from "./proxied.ts";
import { describeCall, policyObject, type Table } from "./tables.ts";

/** Each call of each table, made through a real Envoy and judged by our evaluator: both must say what the table says. */
export function differentialTests(tables: readonly Table[], meshConfig = ""): void {
  let proxied: Proxied;
  const authorizations = tables.map((table) => authorizationFor(table, meshConfig));

  before(async () => {
    proxied = await startProxied(
      authorizations.map(({ authorization }) => authorization),
      { settings: authorizations[0]?.settings ?? DEFAULT_SETTINGS },
    );
  });

  after(() => proxied?.stop());

  tables.forEach((table, i) => {
    describe(table.name, () => {
      for (const [call, expected] of table.calls) {
        test(`${describeCall(call)} → ${expected}`, async () => {
          const target = proxied.target(i, call);
          const { authorization, settings } = authorizations[i] ?? { settings: DEFAULT_SETTINGS };
          const judged = evaluate(authorization, callOf(call, target, settings));
          const { allowed, status } = await proxied.call(i, call);
          assert.equal(allowed, expected === "yes", `Envoy: ${status}`);
          assert.equal(judged.allowed, expected === "yes", `the evaluator: ${JSON.stringify(judged)}`);
        });
      }
    });
  });
}

export function authorizationFor(
  { policies }: Table,
  meshConfig: string,
  services: readonly ServiceObject[] = [],
): { authorization?: Authorization; settings: MeshSettings } {
  const { inputs, mesh, read } = testMesh();
  if (meshConfig !== "") {
    const metadata = { name: "istio", namespace: "istio-system" };
    inputs.configMaps.set("istio-system/istio", { metadata, data: { mesh: meshConfig } });
  }
  policies.map(policyObject).forEach((object) => {
    inputs.authorizationPolicies.set(keyOf(object), object);
  });
  for (const each of services) inputs.services.set(`${each.metadata.namespace}/${each.metadata.name}`, each);
  const settings = mesh.settings.get("") ?? DEFAULT_SETTINGS;
  const authorization = authorizationOf(mesh.security.authorization, read, {
    namespace: "default",
    labelSets: [{ app: "app" }],
  });
  return { settings, ...(authorization && { authorization }) };
}

/** What a proxy makes of such a call. */
function callOf(spec: CallSpec, { address, port }: { address: string; port: number }, settings: MeshSettings): Call {
  const {
    as,
    layer = "HTTP",
    method = "GET",
    path = "/",
    host = "app",
    headers = {},
    claims,
    from = "127.0.0.1",
  } = spec;
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    layer,
    ...(as !== undefined && { peer: peerOf(as) }),
    sourceIp: from,
    remoteIp: from,
    destinationIp: address,
    destinationPort: port,
    sni: spec.sni ?? "",
    headers: {
      ...Object.fromEntries(named),
      ":method": method,
      ":authority": host,
      ":path": normalizedPath(path, settings.pathNormalization),
    },
    ...(claims && { claims: { iss: ISSUER, ...claims } }),
  };
}
