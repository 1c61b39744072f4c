/** What the node knows of a container beyond its pod's spec. It is kept on disk, for the next node process. */
import type { ProcessRef } from "../system/processes.ts";

export interface Terminated {
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

export type State =
  | { type: "Waiting"; reason: string; message?: string }
  | { type: "Running"; startedAt: string }
  | ({ type: "Terminated" } & Terminated);

export interface ContainerRecord {
  name: string;
  restarts: number;
  state: State;
  last?: Terminated;
  containerID?: string;
  imageID?: string;
  init?: ProcessRef;
  /** Passed its startup probe and its postStart hook. */
  started: boolean;
  ready: boolean;
  /** How long the next restart waits; 0: it does not. */
  backOffMs: number;
  /** While it waits for its restart: when that is, in Unix milliseconds. */
  restartAt?: number;
}

export interface PodRecord {
  namespace: string;
  name: string;
  uid: string;
  ip: string;
  sandbox: ProcessRef;
  startTime: string;
  containers: Record<string, ContainerRecord>;
}

export function newRecord(name: string, reason: string): ContainerRecord {
  return { name, restarts: 0, state: { type: "Waiting", reason }, started: false, ready: false, backOffMs: 0 };
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(ms = Date.now()): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
