/** The charts as files, by their paths below charts/. */
import { version } from "../../../version.ts";
import { profileSpec } from "../profiles.ts";
import type { Tree } from "../tree.ts";
import { yamlOf } from "../yaml.ts";
import { BASE_HEADER, baseTree } from "./base.ts";
import { GATEWAY_HEADER, gatewayTree } from "./gateway.ts";
import { ISTIOD_HEADER, istiodTree, limiterTree, tagTree } from "./istiod.ts";
import { template } from "./template.ts";
import { baseValues, gatewayValues, istiodValues } from "./values.ts";

const COMMENT = "{{- /* Made by scripts/generate-charts.ts from src/kubernetes/install: change it there. */}}\n";

interface Chart {
  name: string;
  description: string;
  header: string;
  body: string;
  values(spec: Tree): string;
}

export function charts(): Map<string, string> {
  return new Map(
    [
      {
        name: "base",
        description: "Kinds of Lateen, as of Istio",
        header: BASE_HEADER,
        body: template(baseTree()),
        values: baseValues,
      },
      {
        name: "istiod",
        description: "The control plane of Lateen, a service mesh after Istio",
        header: ISTIOD_HEADER,
        body: `${template(istiodTree())}{{- range $tag := $.Values.revisionTags }}\n${template(tagTree())}{{- end }}\n{{- if $.Values.rateLimit.enabled }}\n${template(limiterTree())}{{- end }}\n`,
        values: istiodValues,
      },
      {
        name: "gateway",
        description: "A gateway at the edge of the mesh",
        header: GATEWAY_HEADER,
        body: template(gatewayTree()),
        values: gatewayValues,
      },
    ].flatMap(files),
  );
}

function files({ name, description, header, body, values }: Chart): [string, string][] {
  const chart = {
    apiVersion: "v2",
    name,
    description,
    type: "application",
    version: version(),
    appVersion: version(),
    kubeVersion: ">= 1.29.0-0",
  };
  return [
    [`${name}/Chart.yaml`, yamlOf([chart])],
    [`${name}/values.yaml`, values(profileSpec("default"))],
    [`${name}/templates/objects.yaml`, COMMENT + header + body],
  ];
}
