/** A pod's volumes as folders of the host, to be bound into its containers. */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { Volume } from "../../../kinds/core/volume.ts";
import { expand } from "../pod/expand.ts";
import type { Bind } from "../pod/root-plan.ts";
import { ConfigError } from "../pod/sources.ts";
import type { Mode } from "../system/mode.ts";
import { writeVolume } from "./atomic.ts";
import { type FilesInput, volumeFiles } from "./files.ts";

export interface VolumesInput extends FilesInput {
  /** The pod's folder for volumes. */
  folder: string;
  /** Where claims keep their data, beyond the pod's life. */
  claims: string;
  mode: Mode;
}

const TOKEN_VOLUME = "lateen-service-account";
const TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The pod's volumes, and the one that gives its containers access to the API unless the API already added it. */
function volumesOf(pod: Pod): Volume[] {
  const named = pod.spec.volumes ?? [];
  return wantsToken(pod) ? [...named, tokenVolume()] : named;
}

function wantsToken(pod: Pod): boolean {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const mounted = all.some(({ volumeMounts = [] }) => volumeMounts.some(({ mountPath }) => mountPath === TOKEN_PATH));
  return pod.spec.automountServiceAccountToken !== false && !mounted;
}

function tokenVolume(): Volume {
  const sources = [
    { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }], optional: true } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
  ];
  return { name: TOKEN_VOLUME, projected: { sources, defaultMode: 0o644 } };
}

/** Makes what is missing, and brings files up to date. Throws a ConfigError that names the volume. */
export async function makeVolumes(input: VolumesInput): Promise<void> {
  const group = input.mode === "root" ? input.pod.spec.securityContext?.fsGroup : undefined;
  for (const volume of volumesOf(input.pod)) {
    try {
      const files = await volumeFiles(volume, input);
      if (files) writeVolume(join(input.folder, volume.name), files, group);
      else makeFolder(volume, input, group);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // A pod that tolerates having no token starts without; so does one whose account does not exist yet.
      if (volume.name === TOKEN_VOLUME) continue;
      throw new ConfigError(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`);
    }
  }
}

function makeFolder(volume: Volume, input: VolumesInput, group: number | undefined): void {
  if (volume.emptyDir) {
    const folder = join(input.folder, volume.name);
    if (existsSync(folder)) return;
    mkdirSync(folder, { recursive: true });
    // Every user of the pod's containers may write, as on a cluster.
    chmodSync(folder, group === undefined ? 0o777 : 0o2777);
    if (group !== undefined) chownSync(folder, 0, group);
  } else if (volume.hostPath) {
    const { path, type = "" } = volume.hostPath;
    if (type === "DirectoryOrCreate") mkdirSync(path, { recursive: true, mode: 0o755 });
    if (type === "FileOrCreate" && !existsSync(path)) writeFileSync(path, "", { mode: 0o644 });
    if (!existsSync(path)) throw new ConfigError(`hostPath type check failed: ${path} does not exist`);
  } else if (volume.persistentVolumeClaim) {
    const folder = claimFolder(volume.persistentVolumeClaim.claimName, input);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
  } else {
    throw new ConfigError("this kind of volume is not supported on one machine");
  }
}

function claimFolder(claim: string, input: VolumesInput): string {
  return join(input.claims, input.pod.metadata.namespace ?? "default", claim);
}

/** What to bind into a container. */
export function volumeBinds(
  container: Container,
  environment: ReadonlyMap<string, string>,
  input: VolumesInput,
): Bind[] {
  const volumes = new Map(volumesOf(input.pod).map((volume) => [volume.name, volume]));
  const token = wantsToken(input.pod) ? [{ name: TOKEN_VOLUME, mountPath: TOKEN_PATH, readOnly: true }] : [];
  return [...(container.volumeMounts ?? []), ...token].map((mount) => {
    const volume = volumes.get(mount.name);
    if (!volume) throw new ConfigError(`volume "${mount.name}" of container "${container.name}" is not in the pod`);
    const whole = volume.hostPath
      ? volume.hostPath.path
      : volume.persistentVolumeClaim
        ? claimFolder(volume.persistentVolumeClaim.claimName, input)
        : join(input.folder, volume.name);
    const subPath = "subPathExpr" in mount && mount.subPathExpr ? expand(mount.subPathExpr, environment) : undefined;
    const source = within(whole, subPath ?? ("subPath" in mount ? mount.subPath : undefined));
    if (!existsSync(source)) mkdirSync(source, { recursive: true });
    const made = volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI;
    return {
      source,
      target: mount.mountPath.replace(/(?<=.)\/+$/, ""),
      kind: statSync(source).isDirectory() ? "folder" : "file",
      readOnly: mount.readOnly === true || made !== undefined,
    };
  });
}

function within(folder: string, subPath: string | undefined): string {
  if (!subPath) return folder;
  if (subPath.startsWith("/") || subPath.split("/").includes("..")) {
    throw new ConfigError(`subPath "${subPath}" must stay within its volume`);
  }
  return join(folder, subPath);
}
