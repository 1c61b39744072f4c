/** `kubectl logs`: a container's log file, from where the options say, and on as it grows. */
import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { logFile } from "../pod/log-files.ts";
import { type Note, readNotes, timeAt } from "../pod/log-index.ts";
import { containerFolderOf } from "../pod/prepare.ts";
import type { PodWorker } from "../pod/worker.ts";
import { Refusal } from "./refuse.ts";

const FOLLOW_MS = 100;
const BLOCK = 64 * 1024;

interface LogOptions {
  follow: boolean;
  tailLines: number | undefined;
  sinceMs: number | undefined;
  timestamps: boolean;
  limitBytes: number;
}

export async function serveLogs(
  worker: PodWorker,
  container: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const { name } = worker.pod.metadata;
  const previous = query.get("previous") === "true";
  const record = worker.runner(container)?.record;
  // Of a pod that had ended before this node process started, there is only the status.
  const restarts = record?.restarts ?? restartsOf(worker, container);
  const attempt = restarts - (previous ? 1 : 0);
  const file = logFile(containerFolderOf(worker.folder, container), attempt);
  if (!existsSync(file)) {
    if (previous) {
      throw new Refusal("BadRequest", `previous terminated container "${container}" in pod "${name}" not found`);
    }
    const why = record?.state.type === "Waiting" ? record.state.reason : "ContainerCreating";
    throw new Refusal("BadRequest", `container "${container}" in pod "${name}" is waiting to start: ${why}`);
  }
  const options = optionsOf(query);
  const live = () => !previous && record?.restarts === attempt && record.state.type === "Running";
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  await write(file, options, live, response);
  response.end();
}

function restartsOf(worker: PodWorker, container: string): number {
  const { containerStatuses = [], initContainerStatuses = [] } = worker.pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container)?.restartCount ?? 0;
}

function optionsOf(query: URLSearchParams): LogOptions {
  const number = (name: string) => {
    const text = query.get(name);
    return text === null || text === "" ? undefined : Number(text);
  };
  const seconds = number("sinceSeconds");
  const time = query.get("sinceTime");
  const sinceMs = time ? Date.parse(time) : seconds === undefined ? undefined : Date.now() - seconds * 1000;
  return {
    follow: query.get("follow") === "true",
    tailLines: number("tailLines"),
    sinceMs,
    timestamps: query.get("timestamps") === "true",
    limitBytes: number("limitBytes") ?? Number.POSITIVE_INFINITY,
  };
}

async function write(file: string, options: LogOptions, live: () => boolean, response: ServerResponse): Promise<void> {
  const out = lineWriter(file, options, response);
  const rotated = `${file}.1`;
  const whole = options.tailLines === undefined;
  if (whole && existsSync(rotated)) await copy(rotated, startOf(rotated, options), out.rotated);
  let offset = startOf(file, options);
  for (;;) {
    const wasLive = live();
    const size = existsSync(file) ? statSync(file).size : 0;
    // It was set aside and starts anew.
    if (size < offset) offset = 0;
    if (size > offset) offset = await copy(file, offset, out.current);
    else if (!options.follow || !wasLive) return;
    else await sleep(FOLLOW_MS);
    if (response.destroyed || out.full()) return;
  }
}

/** Where to begin, by the options. */
function startOf(file: string, { tailLines, sinceMs }: LogOptions): number {
  const bySince = sinceMs === undefined ? 0 : offsetSince(readNotes(file), sinceMs, statSync(file).size);
  return tailLines === undefined ? bySince : Math.max(bySince, tailOffset(file, tailLines));
}

function offsetSince(notes: readonly Note[], sinceMs: number, size: number): number {
  const before = notes.findLast(({ ms }) => ms < sinceMs);
  return Math.min(before?.size ?? 0, size);
}

/** The start of the last lines, read from the end. */
export function tailOffset(file: string, lines: number): number {
  const { size } = statSync(file);
  if (lines <= 0) return size;
  const descriptor = openSync(file, "r");
  try {
    const block = Buffer.alloc(BLOCK);
    let found = 0;
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - BLOCK);
      const count = readSync(descriptor, block, 0, end - start, start);
      for (let at = count - 1; at >= 0; at--) {
        if (block[at] !== 10) continue;
        // The newline at the very end closes the last line rather than opening another.
        if (start + at === size - 1) continue;
        if (++found === lines) return start + at + 1;
      }
      end = start;
    }
    return 0;
  } finally {
    closeSync(descriptor);
  }
}

type Sink = (chunk: Buffer, offset: number) => Promise<void>;

/** Returns the offset reached. */
async function copy(file: string, from: number, sink: Sink): Promise<number> {
  let offset = from;
  for await (const chunk of createReadStream(file, { start: from })) {
    if (!Buffer.isBuffer(chunk)) continue;
    await sink(chunk, offset);
    offset += chunk.length;
  }
  return offset;
}

function lineWriter(file: string, { timestamps, limitBytes }: LogOptions, response: ServerResponse) {
  let left = limitBytes;
  let atLineStart = true;
  const put = async (data: Buffer): Promise<void> => {
    const part = data.length > left ? data.subarray(0, left) : data;
    left -= part.length;
    if (part.length === 0 || response.destroyed || response.write(part)) return;
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      response.once("close", resolve);
    });
  };
  const sink = (source: string): Sink => {
    return async (chunk, offset) => {
      if (!timestamps) return put(chunk);
      const notes = readNotes(source);
      const parts: Buffer[] = [];
      for (let at = 0; at < chunk.length; ) {
        const newline = chunk.indexOf(10, at);
        const end = newline < 0 ? chunk.length : newline + 1;
        if (atLineStart) parts.push(Buffer.from(`${nanoTime(timeAt(notes, offset + at, Date.now()))} `));
        parts.push(chunk.subarray(at, end));
        atLineStart = newline >= 0;
        at = end;
      }
      return put(Buffer.concat(parts));
    };
  };
  return { current: sink(file), rotated: sink(`${file}.1`), full: () => left <= 0 };
}

/** With nine digits of a second, as Kubernetes prints it. */
function nanoTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000000Z");
}
