/**
 * Objects as Go's typed clients send them: kubectl creates in protobuf and has no way back to JSON. Answers are JSON,
 * which the same clients accept.
 */
import { unsupportedMediaType } from "../media-type.ts";
import { LAYOUT } from "./layout.ts";
import { type Entry, entriesOf } from "./wire.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

interface Field {
  name: string;
  type: string;
  inline: boolean;
  list: boolean;
  map: boolean;
  /** Kept when zero: absent and zero differ. */
  keep: boolean;
}

type Layout = ReadonlyMap<number, Field>;

const layouts = new Map<string, Layout>();

for (const line of LAYOUT.trim().split(/\n(?=\S)/)) {
  const [message = "", fields = ""] = line.split(/:\s/, 2);
  layouts.set(message, new Map(fields.split(/;\s+/).map(fieldOf)));
}

function fieldOf(text: string): [number, Field] {
  const words = text.trim().split(" ");
  const number = Number(words[0]);
  const last = words.at(-1) ?? "";
  const match = /^(\.\.\.)?(\[\]|\{\})?([\w-]+)(!)?$/.exec(last);
  const [, inline, many, type = "", keep] = match ?? [];
  const name = words.length === 3 ? (words[1] ?? "") : "";
  return [number, { name, type, inline: !!inline, list: many === "[]", map: many === "{}", keep: !!keep }];
}

/** After the magic number comes a message that holds the kind (1: apiVersion, 2: kind) and the object's bytes (2). */
export function decodeProtobuf(body: Buffer): Record<string, unknown> {
  if (body.toString("latin1", 0, 4) !== "k8s\0") throw unsupportedMediaType();
  const envelope = new Map(entriesOf(body.subarray(4)).map((entry) => [entry.number, entry.bytes]));
  const type = new Map(entriesOf(envelope.get(1)).map((entry) => [entry.number, entry.bytes.toString()]));
  const kind = type.get(2) ?? "";
  return { apiVersion: type.get(1) ?? "", kind, ...message(kind, envelope.get(2) ?? Buffer.alloc(0)) };
}

function message(name: string, bytes: Buffer): Record<string, unknown> {
  const layout = layouts.get(name);
  if (!layout) throw unsupportedMediaType();
  const result: Record<string, unknown> = {};
  for (const entry of entriesOf(bytes)) {
    const field = layout.get(entry.number);
    if (!field) {
      if (isZero(entry)) continue;
      throw unsupportedMediaType();
    }
    if (field.type === "-") continue;
    if (field.inline) Object.assign(result, message(field.type, entry.bytes));
    else if (field.list) append(result, field.name, value(field.type, entry));
    else if (field.map) setIn(result, field, entry.bytes);
    else {
      const one = value(field.type, entry);
      if (field.keep ? one !== undefined : !isEmpty(one)) result[field.name] = one;
    }
  }
  return result;
}

function value(type: string, entry: Entry): unknown {
  switch (type) {
    case "s":
      return entry.bytes.toString();
    case "i":
      return Number(BigInt.asIntN(64, entry.varint));
    case "b":
      return entry.varint !== 0n;
    case "y":
      return entry.bytes.toString("base64");
    case "q":
      return entriesOf(entry.bytes)[0]?.bytes.toString() ?? "0";
    case "e":
      return entriesOf(entry.bytes).map((item) => item.bytes.toString());
    case "t":
      return time(entry.bytes);
    case "x":
      return intOrText(entry.bytes);
    default:
      return message(type, entry.bytes);
  }
}

/** 1: seconds, 2: nanoseconds. An empty message is no time. */
function time(bytes: Buffer): string | undefined {
  const parts = new Map(entriesOf(bytes).map((entry) => [entry.number, BigInt.asIntN(64, entry.varint)]));
  const seconds = parts.get(1);
  if (seconds === undefined) return undefined;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const micros = Number(parts.get(2) ?? 0n) / 1000;
  return micros === 0 ? `${text}Z` : `${text}.${String(Math.floor(micros)).padStart(6, "0")}Z`;
}

/** 1: 0 for a number in 2, 1 for a text in 3. */
function intOrText(bytes: Buffer): number | string {
  const parts = new Map(entriesOf(bytes).map((entry) => [entry.number, entry]));
  if (parts.get(1)?.varint === 1n) return parts.get(3)?.bytes.toString() ?? "";
  return Number(BigInt.asIntN(64, parts.get(2)?.varint ?? 0n));
}

function append(result: Record<string, unknown>, name: string, item: unknown): void {
  const before = result[name];
  if (Array.isArray(before)) before.push(item);
  else result[name] = [item];
}

function setIn(result: Record<string, unknown>, field: Field, bytes: Buffer): void {
  const entries = new Map(entriesOf(bytes).map((entry) => [entry.number, entry]));
  const item = entries.get(2);
  const key = entries.get(1)?.bytes.toString() ?? "";
  const map = Object(result[field.name] ?? {});
  map[key] = item ? value(field.type, item) : "";
  result[field.name] = map;
}

function isZero(entry: Entry): boolean {
  return entry.varint === 0n && entry.bytes.length === 0;
}

/** Go writes every field that is no pointer, also those that nobody set. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
