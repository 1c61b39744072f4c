/**
 * A small curl, for containers on a machine that has none: the options that people use to look at a service.
 * -s -S -f -i -I -k -L -v -o FILE -O -w FORMAT -X METHOD -H HEADER -d DATA -A AGENT -u USER:PASSWORD --max-time S
 */

import { lookup } from "node:dns/promises";
import { createWriteStream } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { basename } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure, type Options, parse } from "./curl-options.ts";

const MOST_REDIRECTS = 50;

interface Times {
  start: number;
  connected: number;
  firstByte: number;
}

async function fetchOne(text: string, options: Options): Promise<void> {
  const times: Times = { start: performance.now(), connected: 0, firstByte: 0 };
  const limit = options.maxTime === undefined ? undefined : AbortSignal.timeout(options.maxTime * 1000);
  let url = urlOf(text);
  let method = options.method ?? (options.head ? "HEAD" : options.data.length > 0 ? "POST" : "GET");
  let body = options.data.length > 0 ? options.data.join("&") : undefined;
  let redirects = 0;
  let size = 0;
  let response: IncomingMessage;
  for (;;) {
    response = await send(url, method, body, options, times, limit);
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (options.include || options.head) process.stdout.write(headOf(response));
    if (!options.location || !location || status < 300 || status > 399) break;
    if (++redirects > MOST_REDIRECTS) throw new Failure(47, `Maximum (${MOST_REDIRECTS}) redirects followed`);
    response.resume();
    url = new URL(location, url);
    if (status === 303 || (method === "POST" && status < 303)) {
      method = "GET";
      body = undefined;
    }
  }
  const status = response.statusCode ?? 0;
  if (options.fail && status >= 400) {
    response.resume();
    writeOut(options, response, url, size, times, redirects);
    throw new Failure(22, `The requested URL returned error: ${status}`);
  }
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  const file = options.remoteName ? basename(url.pathname) : options.output;
  const sink: Writable = file === undefined || file === "-" ? process.stdout : createWriteStream(file);
  await pipeline(response, sink, { end: sink !== process.stdout, ...(limit && { signal: limit }) }).catch(() => {
    throw limit?.aborted
      ? new Failure(
          28,
          `Operation timed out after ${(options.maxTime ?? 0) * 1000} milliseconds with ${size} bytes received`,
        )
      : new Failure(18, `transfer closed with outstanding read data remaining`);
  });
  writeOut(options, response, url, size, times, redirects);
}

function urlOf(text: string): URL {
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw new Failure(3, "URL using bad/illegal format or missing URL");
  }
}

async function send(
  url: URL,
  method: string,
  body: string | undefined,
  options: Options,
  times: Times,
  limit: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  await lookup(host).catch(() => {
    throw new Failure(6, `Could not resolve host: ${host}`);
  });
  const headers = new Headers({ "user-agent": "curl/8 (lateen)", accept: "*/*" });
  if (body !== undefined) headers.set("content-type", "application/x-www-form-urlencoded");
  for (const [name, value] of options.headers) headers.set(name, value);
  if (body !== undefined) headers.set("content-length", String(Buffer.byteLength(body)));
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method,
      headers: Object.fromEntries(headers),
      rejectUnauthorized: !options.insecure,
      agent: false,
      ...(limit && { signal: limit }),
    });
    const patience = options.connectTimeout;
    const timer = patience === undefined ? undefined : setTimeout(() => request.destroy(), patience * 1000);
    request.on("socket", (socket) =>
      socket.once("connect", () => {
        clearTimeout(timer);
        times.connected = performance.now();
        if (options.verbose) process.stderr.write(`* Connected to ${host} (${socket.remoteAddress}) port ${port}\n`);
      }),
    );
    request.on("response", (response) => {
      times.firstByte = performance.now();
      if (options.verbose) {
        const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
        for (const [name, value] of headers) lines.push(`${name}: ${value}`);
        process.stderr.write(lines.map((line) => `> ${line}\n`).join(""));
        process.stderr.write(headOf(response).replace(/^(?=.)/gm, "< "));
      }
      resolve(response);
    });
    request.on("error", (error: NodeJS.ErrnoException) => reject(failureOf(error, host, port, times, limit, options)));
    request.end(body);
  });
}

function failureOf(
  error: NodeJS.ErrnoException,
  host: string,
  port: string,
  times: Times,
  limit: AbortSignal | undefined,
  options: Options,
): Failure {
  const ms = Math.round(performance.now() - times.start);
  if (limit?.aborted) {
    return new Failure(
      28,
      `Operation timed out after ${(options.maxTime ?? 0) * 1000} milliseconds with 0 bytes received`,
    );
  }
  if (times.connected === 0) {
    return new Failure(7, `Failed to connect to ${host} port ${port} after ${ms} ms: Couldn't connect to server`);
  }
  if (error.code === "ECONNRESET") {
    return error.message === "socket hang up"
      ? new Failure(52, "Empty reply from server")
      : new Failure(56, "Recv failure: Connection reset by peer");
  }
  return new Failure(/CERT|SELF_SIGNED/.test(error.code ?? "") ? 60 : 35, error.message);
}

function headOf(response: IncomingMessage): string {
  const lines = [`HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`];
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
    lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function writeOut(
  { writeOut: format }: Options,
  response: IncomingMessage,
  url: URL,
  size: number,
  times: Times,
  redirects: number,
): void {
  if (format === undefined) return;
  const seconds = (ms: number) => (Math.max(0, ms - times.start) / 1000).toFixed(6);
  const values: Readonly<Record<string, string>> = {
    http_code: String(response.statusCode ?? 0).padStart(3, "0"),
    response_code: String(response.statusCode ?? 0).padStart(3, "0"),
    http_version: response.httpVersion,
    content_type: response.headers["content-type"] ?? "",
    size_download: String(size),
    num_redirects: String(redirects),
    redirect_url: response.headers.location ? String(new URL(response.headers.location, url)) : "",
    url_effective: String(url),
    remote_ip: response.socket?.remoteAddress ?? "",
    time_connect: seconds(times.connected),
    time_starttransfer: seconds(times.firstByte),
    time_total: seconds(performance.now()),
  };
  const text = format
    .replace(/%\{([a-z_]+)\}/g, (whole, name: string) => values[name] ?? whole)
    .replace(/\\([nrt\\])/g, (_, letter: string) => ({ n: "\n", r: "\r", t: "\t" })[letter] ?? "\\");
  process.stdout.write(text);
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = parse(process.argv.slice(2));
    for (const url of options.urls) await fetchOne(url, options);
    return 0;
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure(2, String(error));
    if (options?.writeOut?.includes("http_code") && failure.code !== 22) process.stdout.write("000");
    if (!options?.silent || options.showError) process.stderr.write(`curl: (${failure.code}) ${failure.message}\n`);
    return failure.code;
  }
}

process.exitCode = await main();
