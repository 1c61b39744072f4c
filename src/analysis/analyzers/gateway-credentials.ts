import { podKind } from "../../kinds/core/pod.ts";
import { secretKind } from "../../kinds/core/secret.ts";
import { gatewayKind } from "../../kinds/istio/gateway.ts";
import type { ServerTlsSpec } from "../../kinds/istio/server-schema.ts";
import { credentialProblem } from "../../mesh/credentials.ts";
import type { Analyzer } from "../analyzer.ts";
import { suggester } from "../suggest.ts";

const KEY_PAIR = { kind: "Secret", part: "KeyPair" } as const;

export const gatewayCredentialsAnalyzer: Analyzer = {
  name: "gateway.SecretAnalyzer",
  description: "Checks that the Secrets of Gateways are there, beside the gateway's pods, and hold certificates",
  needs: [gatewayKind, podKind, secretKind],
  analyze(world, report) {
    const suggest = suggester();
    for (const object of world.objects(gatewayKind)) {
      const { selector = {}, servers = [] } = object.spec ?? {};
      // Gateways take Secrets of their own namespace: that of the pods, not of the Gateway.
      const namespaces = [...new Set(world.workloads.selected(selector).map(({ namespace }) => namespace))];
      servers.forEach(({ tls }, i) => {
        for (const { name, field } of credentialsOf(tls, `spec.servers[${i}].tls`)) {
          for (const namespace of namespaces) {
            const key = `${namespace}/${name}`;
            if (world.find(secretKind, key)) {
              const problem = credentialProblem(world.mesh.credentials, world.read, { ...KEY_PAIR, objects: [key] });
              if (problem === undefined) continue;
              const text = `the credential ${name} of the Gateway cannot be used: ${problem}`;
              report("InvalidGatewayCredential", object, field, text, "correct the Secret");
              continue;
            }
            const names = () =>
              world
                .objects(secretKind)
                .flatMap(({ metadata }) => (metadata.namespace === namespace ? metadata.name : []));
            const text = `Referenced credentialName not found: ${JSON.stringify(name)}`;
            const remedy = `there is no Secret ${key}, where the gateway's pods are: create it there`;
            report("ReferencedResourceNotFound", object, field, text, suggest(name, names, remedy));
          }
        }
      });
    }
  },
};

function credentialsOf(tls: ServerTlsSpec | undefined, at: string): { name: string; field: string }[] {
  if (tls?.credentialName) return [{ name: tls.credentialName, field: `${at}.credentialName` }];
  return (tls?.credentialNames ?? []).map((name, i) => ({ name, field: `${at}.credentialNames[${i}]` }));
}
