/** What a pod's parts share. */
import type { Container } from "../../../kinds/core/container.ts";
import type { Pod } from "../../../kinds/core/pod.ts";
import type { NetworkProbe, ProbeResult } from "../agent/messages.ts";
import type { EventType } from "../api/events.ts";
import type { ImageTable } from "../images.ts";
import type { Mode } from "../system/mode.ts";
import type { ProcessRef } from "../system/processes.ts";
import type { TokenIssuer } from "../volumes/tokens.ts";
import type { VolumesInput } from "../volumes/volumes.ts";
import type { Sources } from "./sources.ts";

/** What the node gives to every pod. */
export interface NodeServices {
  /** LATEEN_HOME. */
  home: string;
  mode: Mode;
  images: ImageTable;
  sources: Sources;
  issueToken: TokenIssuer;
  /** Commands of ours that every container finds in its PATH. */
  tools: string;
  /** Where claimed volumes keep their data. */
  claims: string;
  probe(probe: NetworkProbe): Promise<ProbeResult | undefined>;
  onError(error: unknown): void;
}

export interface PodContext {
  node: NodeServices;
  /** The pod as the API last had it. */
  pod(): Pod;
  ip: string;
  sandbox: ProcessRef;
  /** The pod's own folder. */
  folder: string;
  volumes(): VolumesInput;
  /** Something about a container changed: keep it and report it. */
  changed(): void;
  event(container: Container | undefined, type: EventType, reason: string, message: string): void;
}
