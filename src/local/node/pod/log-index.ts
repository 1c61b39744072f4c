/**
 * When what was logged. Containers write straight into their log file, so that logging needs no process of ours; we
 * watch the file grow, and note beside it how long it was when. A line's time is that of the note that follows it.
 */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  type FSWatcher,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  watch,
} from "node:fs";

/** Notes closer than this are one. */
const RESOLUTION_MS = 50;
/** Beyond this a log is set aside as `N.log.1` and starts anew: its writer appends, so it goes on at the start. */
const ROTATE_BYTES = 16 * 1024 * 1024;

export interface Note {
  ms: number;
  /** Bytes that were there by then. */
  size: number;
}

export interface LogFollower {
  stop(): void;
}

function indexFile(logFile: string): string {
  return `${logFile}.index`;
}

export function followLog(logFile: string): LogFollower {
  let noted = lastSize(logFile);
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const note = () => {
    timer = undefined;
    try {
      const { size } = statSync(logFile);
      if (size === noted) return;
      noted = size;
      appendFileSync(indexFile(logFile), `${Date.now()} ${size}\n`, { mode: 0o600 });
      if (size > ROTATE_BYTES) {
        rotate(logFile);
        noted = 0;
      }
    } catch {
      // The pod is gone, and its folder with it.
    }
  };
  try {
    closeSync(openSync(logFile, "a", 0o600));
    watcher = watch(logFile, { persistent: false }, () => {
      timer ??= setTimeout(note, RESOLUTION_MS);
    });
    watcher.on("error", () => undefined);
  } catch {
    // Without a watch there are no times finer than the start's and the end's.
  }
  note();
  return {
    stop: () => {
      watcher?.close();
      clearTimeout(timer);
      note();
    },
  };
}

function rotate(logFile: string): void {
  copyFileSync(logFile, `${logFile}.1.tmp`);
  truncateSync(logFile);
  renameSync(`${logFile}.1.tmp`, `${logFile}.1`);
  renameSync(indexFile(logFile), indexFile(`${logFile}.1`));
}

function lastSize(logFile: string): number {
  return readNotes(logFile).at(-1)?.size ?? 0;
}

export function readNotes(logFile: string): Note[] {
  let text: string;
  try {
    text = readFileSync(indexFile(logFile), "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [ms = 0, size = 0] = line.split(" ").map(Number);
      return { ms, size };
    });
}

/** When the byte at this offset was logged: at the first note that covers it. */
export function timeAt(notes: readonly Note[], offset: number, otherwise: number): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((notes[middle]?.size ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return notes[low]?.ms ?? otherwise;
}
