/** Istio's marks, in colour where the output is a terminal that wants it (NO_COLOR says no). */
import { styleText } from "node:util";

type Stream = NodeJS.WriteStream;

export function good(text: string, stream: Stream = process.stdout): string {
  return `${styleText("green", "✔", { stream })} ${text}`;
}

export function bad(text: string, stream: Stream = process.stdout): string {
  return `${styleText("red", "✘", { stream })} ${text}`;
}

export function warn(text: string, stream: Stream = process.stderr): string {
  return `${styleText("yellow", "Warning", { stream })} ${text}`;
}
