import { writeFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { parse } from "yaml";
import { LateenError } from "../errors.ts";
import { type ConfigMap, configMapKind } from "../kinds/core/config-map.ts";
import { injectObject } from "../kubernetes/inject/inject-object.ts";
import { injectYaml } from "../kubernetes/inject/inject-yaml.ts";
import { defaultInjectSettings, type InjectSettings } from "../kubernetes/inject/settings.ts";
import { injectSettingsFrom } from "../kubernetes/inject/settings-from-values.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import { StoreError } from "../store/error.ts";
import { type ClusterOption, withCluster } from "./cluster.ts";
import { readText } from "./kubernetes/manifest-files.ts";
import { warn } from "./marks.ts";
import { isNoTarget } from "./target.ts";

export interface KubeInjectOptions extends ClusterOption {
  filename: string;
  output?: string;
  namespace?: string;
  istioNamespace?: string;
  revision?: string;
  valuesFile?: string;
  meshConfigFile?: string;
}

/** `lateen kube-inject`: what the webhook would do to these objects' pods, written into their YAML. */
export async function kubeInject(options: KubeInjectOptions): Promise<void> {
  const text = await textOf(options.filename);
  const settings = await settingsFor(options);
  const made = injectYaml(text, (object) => injectObject(object, options.namespace ?? "default", settings));
  if (options.output === undefined) process.stdout.write(made);
  else writeFileSync(options.output, made);
}

/** From files, else from the cluster; where there is none, what an installation has by default. */
async function settingsFor(options: KubeInjectOptions): Promise<InjectSettings> {
  const { revision = "default", valuesFile, meshConfigFile } = options;
  const own = (values: unknown, mesh: unknown): InjectSettings => ({ ...injectSettingsFrom(values, mesh), revision });
  if (valuesFile !== undefined) {
    const mesh = meshConfigFile === undefined ? {} : await parsed(meshConfigFile);
    return own(await parsed(valuesFile), mesh);
  }
  try {
    return await withCluster(options, async ({ store }) => {
      const namespace = options.istioNamespace ?? SYSTEM_NAMESPACE;
      const dataOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
        const full = revision === "default" ? name : `${name}-${revision}`;
        return (await store.get<ConfigMap>(configMapKind.type, { namespace, name: full })).data ?? {};
      };
      const { values = "{}" } = await dataOf("istio-sidecar-injector");
      const mesh =
        meshConfigFile === undefined ? parse((await dataOf("istio")).mesh ?? "") : await parsed(meshConfigFile);
      return own(parse(values), mesh);
    });
  } catch (error) {
    if (isNoTarget(error)) {
      console.error(warn("no cluster to ask: the pods get what an installation has by default"));
      return { ...defaultInjectSettings, revision };
    }
    if (!(error instanceof StoreError) || error.reason !== "NotFound") throw error;
    throw new LateenError(
      "LTN4005",
      `revision ${revision} is not installed in this cluster: ${error.message}`,
      "Name another by --revision, or what to go by: --valuesFile FILE.",
    );
  }
}

async function parsed(file: string): Promise<unknown> {
  const text = await textOf(file);
  try {
    return parse(text);
  } catch (error) {
    throw new LateenError("LTN4006", `${file} is not YAML: ${error}`, "Correct it.");
  }
}

function textOf(file: string): Promise<string> | string {
  return file === "-" ? readAll(process.stdin) : readText(file);
}
