/** The files of volumes that are made of API objects. */
import type { Type } from "typebox";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { Volume } from "../../../kinds/core/volume.ts";
import { podField, resourceField } from "../pod/fields.ts";
import { ConfigError, entriesOf, type Sources } from "../pod/sources.ts";
import type { VolumeFile } from "./atomic.ts";
import type { PodTokens } from "./tokens.ts";

export interface FilesInput {
  pod: Pod;
  podIP: string;
  sources: Sources;
  tokens: PodTokens;
}

type Files = Map<string, VolumeFile>;
type Projected = NonNullable<Type.Static<typeof Volume>["projected"]>;
type Projection = NonNullable<Projected["sources"]>[number];
type Items = NonNullable<NonNullable<Projection["configMap"]>["items"]>;
type DownwardItems = NonNullable<NonNullable<Projection["downwardAPI"]>["items"]>;

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

/** Undefined for a volume that is not made of files. */
export async function volumeFiles(volume: Volume, input: FilesInput): Promise<Files | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) {
    const { name = "", items, optional, defaultMode } = configMap;
    return objectFiles("ConfigMap", { name, items, optional }, defaultMode ?? DEFAULT_MODE, input);
  }
  if (secret) {
    const { secretName = "", items, optional, defaultMode } = secret;
    return objectFiles("Secret", { name: secretName, items, optional }, defaultMode ?? DEFAULT_MODE, input);
  }
  if (downwardAPI) return downwardFiles(downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, input);
  if (!projected) return undefined;
  const files: Files = new Map();
  const mode = projected.defaultMode ?? DEFAULT_MODE;
  for (const source of projected.sources ?? []) {
    for (const [path, file] of await projectionFiles(source, mode, input)) files.set(path, file);
  }
  return files;
}

async function projectionFiles(source: Projection, mode: number, input: FilesInput): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return objectFiles("ConfigMap", { ...configMap, name: configMap.name ?? "" }, mode, input);
  if (secret) return objectFiles("Secret", { ...secret, name: secret.name ?? "" }, mode, input);
  if (downwardAPI) return downwardFiles(downwardAPI.items ?? [], mode, input);
  if (!serviceAccountToken) throw new ConfigError("this kind of volume projection is not supported here");
  const { path, audience = "", expirationSeconds = DEFAULT_TOKEN_SECONDS } = serviceAccountToken;
  const token = await input.tokens.token(input.pod, { audience, expirationSeconds });
  return new Map([[path, { data: Buffer.from(token), mode }]]);
}

function objectFiles(
  kind: "ConfigMap" | "Secret",
  ref: { name: string; items?: Items | undefined; optional?: boolean | undefined },
  mode: number,
  { pod, sources }: FilesInput,
): Files {
  const namespace = pod.metadata.namespace ?? "default";
  const entries = entriesOf(sources, kind, namespace, ref.name);
  if (!entries) {
    if (ref.optional) return new Map();
    throw new ConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
  }
  if (!ref.items) return new Map([...entries].map(([path, data]) => [path, { data, mode }]));
  const files: Files = new Map();
  for (const { key, path, mode: own } of ref.items) {
    const data = entries.get(key);
    if (data) files.set(path, { data, mode: own ?? mode });
    else if (!ref.optional) throw new ConfigError(`references non-existent ${kind.toLowerCase()} key: ${key}`);
  }
  return files;
}

function downwardFiles(items: DownwardItems, mode: number, { pod, podIP }: FilesInput): Files {
  const files: Files = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const value = fieldRef
      ? podField(pod, podIP, fieldRef.fieldPath)
      : resourceFieldRef && resourceField(pod, undefined, resourceFieldRef);
    if (value === undefined) throw new ConfigError(`unsupported field for ${path}`);
    files.set(path, { data: Buffer.from(value), mode: own ?? mode });
  }
  return files;
}
