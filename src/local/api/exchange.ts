/** One request and its answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse as parseYaml, stringify } from "yaml";
import { StoreError } from "../../store/error.ts";
import { mediaType, unsupportedMediaType } from "./media-type.ts";
import type { Accepted } from "./negotiate.ts";
import { decodeProtobuf, PROTOBUF } from "./protobuf/decode.ts";
import { badRequest, failure } from "./status.ts";

export interface User {
  username: string;
  groups: readonly string[];
  uid?: string;
  extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  user: User;
  accepted: readonly Accepted[];
  /** Shown by kubectl on stderr. */
  warnings: string[];
}

/** As etcd's limit on objects, with room for the patch around them. */
const BODY_LIMIT = 3 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > BODY_LIMIT) {
      throw new StoreError("RequestEntityTooLarge", `Request entity too large: limit is ${BODY_LIMIT}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as plain data: JSON, YAML for who sends that, or Kubernetes' protobuf. */
export async function readData(request: IncomingMessage): Promise<unknown> {
  const type = mediaType(request);
  if (type === PROTOBUF) return decodeProtobuf(await readBody(request));
  if (!type.endsWith("json") && !type.endsWith("yaml")) throw unsupportedMediaType();
  const text = (await readBody(request)).toString();
  if (text === "") return undefined;
  try {
    return type.endsWith("json") ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw badRequest(`the body cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

export function send(exchange: Exchange, code: number, body: object, type = "application/json"): void {
  const { response, accepted } = exchange;
  const yaml = accepted[0]?.yaml ?? false;
  // No anchors for objects that occur twice; and readers of YAML 1.1, as Go has, must not see dates where texts stand.
  const text = yaml
    ? stringify(body, { aliasDuplicateObjects: false, lineWidth: 0, version: "1.1" })
    : `${JSON.stringify(body)}\n`;
  setWarnings(exchange);
  response.writeHead(code, {
    "content-type": yaml ? "application/yaml" : type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-cache, private",
  });
  response.end(text);
}

function setWarnings({ response, warnings }: Exchange): void {
  if (warnings.length === 0) return;
  const header = [...new Set(warnings)].map(
    (text) => `299 - "${text.replaceAll(/["\\]/g, "\\$&").replaceAll(/\s+/g, " ")}"`,
  );
  response.setHeader("warning", header.map(latin));
}

/** Headers are Latin-1; what does not fit is shown as a question mark rather than refused. */
function latin(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}

export function sendError(exchange: Exchange, error: unknown): void {
  const status = failure(error);
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  send(exchange, status.code, status);
}

export function sendText({ response }: Exchange, code: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
