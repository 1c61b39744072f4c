/** The record of an installation in its cluster: what was asked for, so that verify-install and upgrade know it. */
import { parse, stringify } from "yaml";
import { LateenError } from "../../../errors.ts";
import { type ConfigMap, configMapKind } from "../../../kinds/core/config-map.ts";
import { isFields } from "../../../store/patch/json.ts";
import type { Store } from "../../../store/store.ts";
import { ownLabels, revisioned } from "../names.ts";
import type { InstallationRequest } from "../read-installation.ts";
import { OURS, REVISION } from "./labels.ts";
import { find, listAll, shown } from "./objects.ts";

export interface InstalledState {
  namespace: string;
  revision: string;
  /** Of the lateen that installed. */
  version: string;
  /** IstioOperator files and flags, as they were given. */
  request: InstallationRequest;
}

const NAME = "installed-state";

export function recordOf({ namespace, revision, version, request }: InstalledState): ConfigMap {
  const { files, sets } = request;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: revisioned(NAME, revision),
      namespace,
      labels: { [REVISION]: revision, ...ownLabels("Pilot") },
    },
    data: { version, request: stringify({ files, sets }) },
  };
}

export async function readRecord(
  store: Store,
  namespace: string,
  revision: string,
): Promise<InstalledState | undefined> {
  const record = await find<ConfigMap>(store, configMapKind.type, { namespace, name: revisioned(NAME, revision) });
  return record && parsed(record);
}

/** Those of all revisions, wherever they are. */
export async function listRecords(store: Store): Promise<InstalledState[]> {
  const labelSelector = `${REVISION},${OURS}`;
  const maps = await listAll<ConfigMap>(store, configMapKind.type, { labelSelector });
  return maps.filter(({ metadata: { name, labels } }) => name === nameFor(labels?.[REVISION])).map(parsed);
}

function nameFor(revision = "default"): string {
  return revisioned(NAME, revision);
}

function parsed(record: ConfigMap): InstalledState {
  const { metadata, data = {} } = record;
  const request: unknown = parse(data.request ?? "");
  const files = isFields(request) && Array.isArray(request.files) ? request.files.filter(isFile) : undefined;
  const sets = isFields(request) && Array.isArray(request.sets) ? request.sets.map(String) : undefined;
  if (!files || !sets) {
    throw new LateenError(
      "LTN5333",
      `${shown(record)}, which keeps what was installed, cannot be read`,
      "Delete it and install again; nothing else keeps what it says.",
    );
  }
  const revision = metadata.labels?.[REVISION] ?? "default";
  return {
    namespace: metadata.namespace ?? "",
    revision,
    version: data.version ?? "unknown",
    request: { files, sets, revision },
  };
}

function isFile(value: unknown): value is { name: string; text: string } {
  return isFields(value) && typeof value.name === "string" && typeof value.text === "string";
}
