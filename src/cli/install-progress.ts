/** How far an installation is: a line for each component that is done, and on a terminal one that moves. */
import { componentTitle, type Progress } from "../kubernetes/install/cluster/delivery.ts";
import { bad, good } from "./marks.ts";

/** So many are named of what is waited for. */
const NAMED = 3;

export interface InstallProgress extends Progress {
  /** Takes the moving line away. */
  end(): void;
}

export function installProgress(stream: NodeJS.WriteStream = process.stdout): InstallProgress {
  const waiting = new Map<string, readonly string[]>();
  let shown = "";
  const clear = (): void => {
    if (stream.isTTY && shown !== "") stream.write("\r\x1b[K");
    shown = "";
  };
  const print = (line: string): void => {
    clear();
    stream.write(`${line}\n`);
  };
  /** On a terminal it is replaced by the next; elsewhere each is a line, so the same is not said twice. */
  const move = (text: string): void => {
    const line = stream.isTTY ? cut(`- ${text}`, stream.columns || 80) : `- ${text}`;
    if (line === shown) return;
    if (stream.isTTY) stream.write(`\r\x1b[K${line}`);
    else stream.write(`${line}\n`);
    shown = line;
  };
  const processing = (): void => {
    if (waiting.size === 0) return;
    const titles = [...waiting.keys()].map(componentTitle).join(", ");
    const what = [...waiting.values()].flat();
    const rest = what.length > NAMED ? ` and ${what.length - NAMED} more` : "";
    const waitingFor = what.length > 0 ? ` Waiting for ${what.slice(0, NAMED).join(", ")}${rest}` : "";
    move(`Processing resources for ${titles}.${waitingFor}`);
  };
  return {
    started(component) {
      waiting.set(component, []);
      processing();
    },
    waiting(component, what) {
      waiting.set(component, what);
      processing();
    },
    finished(component, touched) {
      waiting.delete(component);
      print(good(`${componentTitle(component)} ${touched > 0 ? "installed" : "installed (unchanged)"}`, stream));
      processing();
    },
    failed(component) {
      waiting.delete(component);
      print(bad(`${componentTitle(component)} encountered an error`, stream));
      processing();
    },
    step: (text) => move(text),
    end: clear,
  };
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}
