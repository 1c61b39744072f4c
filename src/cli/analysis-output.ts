/** Messages of analysis, as text or as data. */
import { styleText } from "node:util";
import { stringify } from "yaml";
import { documentationOf, type Level, type Message, originOf } from "../analysis/messages.ts";

interface Printing {
  output: "log" | "json" | "yaml";
  color?: boolean;
  /** `namespace: default`, `all namespaces`, or the files. */
  target: string;
  unreadable: number;
}

export function printMessages(messages: readonly Message[], { output, color, target, unreadable }: Printing): void {
  if (output === "json") console.log(JSON.stringify(messages.map(asData), undefined, 2));
  else if (output === "yaml") console.log(stringify(messages.map(asData)).trimEnd());
  else for (const line of messages.flatMap((message) => lines(message, color ?? wantsColor()))) console.log(line);
  if (messages.length > 0) return;
  if (unreadable === 0) console.error(`✔ No validation issues found when analyzing ${target}.`);
  else
    console.error(`No validation issues found when analyzing ${target} (but ${count(unreadable)} could not be read).`);
}

/** What was looked at: files where there are some, else the namespaces. */
export function targetText(files: readonly string[], namespace: string | undefined): string {
  if (files.length > 0) return files.join(", ");
  return namespace === undefined ? "all namespaces" : `namespace: ${namespace}`;
}

/** `Error [IST0101] (VirtualService default/reviews vs.yaml:13) Referenced host not found: "reviewz"`, and a remedy. */
export function lines(message: Message, color: boolean): string[] {
  const { level, code, object, place, text, remedy } = message;
  const origin = `${originOf(object)}${place === undefined ? "" : ` ${place}`}`;
  const first = `${colored(level, color)} [${code}] (${origin}) ${sentence(text)}`;
  return remedy === undefined ? [first] : [first, `  ${sentence(remedy)}`];
}

/** What begins with a name or a field's path stays as it is. */
function sentence(text: string): string {
  return /^[a-z]+[ :,]/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}

function colored(level: Level, color: boolean): string {
  if (!color || level === "Info") return level;
  return styleText(level === "Error" ? ["bold", "red"] : "yellow", level, { validateStream: false });
}

function wantsColor(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors() && process.env.TERM !== "dumb";
}

/** Istio's fields, and ours: `field`, `remedy`. */
function asData(message: Message): Record<string, string> {
  const { code, level, object, place, text, field, remedy } = message;
  return {
    code,
    level,
    origin: originOf(object),
    ...(place !== undefined && { reference: place }),
    ...(field !== "" && { field }),
    message: text,
    ...(remedy !== undefined && { remedy }),
    documentationUrl: documentationOf(message),
  };
}

function count(files: number): string {
  return files === 1 ? "1 document" : `${files} documents`;
}
