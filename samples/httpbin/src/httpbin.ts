/**
 * Answers with what it was asked, and with the status, delay or size that the path names: the part of httpbin that
 * tasks about meshes use. Listens on 8080, where httpbin.yaml expects it.
 */
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, bodyOf, json, serve } from "../../bookinfo/src/lib/serve.ts";

const LONGEST_DELAY_S = 10;
const MOST_BYTES = 100 * 1024;

serve(
  "httpbin",
  {
    "/": () => ({
      status: 200,
      type: "text/plain",
      body: "/get /anything /headers /ip /hostname /status/N /delay/S /bytes/N /base64/TEXT\n",
    }),
    "/get": echo,
    "/post": echo,
    "/put": echo,
    "/delete": echo,
    "/anything": echo,
    "/anything/": echo,
    "/headers": (request) => json(200, { headers: headersOf(request) }),
    "/ip": (request) => json(200, { origin: request.socket.remoteAddress ?? "" }),
    "/user-agent": (request) => json(200, { "user-agent": request.headers["user-agent"] ?? "" }),
    "/hostname": () => json(200, { hostname: process.env.HOSTNAME ?? hostname() }),
    "/status/": (_request, url) => {
      const status = numberIn(url, 200, 599);
      return { status: status ?? 400, type: "text/plain", body: "" };
    },
    "/base64/": (_request, url) => ({
      status: 200,
      type: "text/plain",
      body: Buffer.from(url.pathname.split("/").at(-1) ?? "", "base64url").toString(),
    }),
    "/delay/": async (request, url) => {
      const seconds = numberIn(url, 0, LONGEST_DELAY_S);
      if (seconds === undefined) return json(400, { error: `please provide seconds from 0 to ${LONGEST_DELAY_S}` });
      await sleep(seconds * 1000);
      return echo(request, url);
    },
    "/bytes/": (_request, url) => ({
      status: 200,
      type: "application/octet-stream",
      body: "x".repeat(numberIn(url, 0, MOST_BYTES) ?? 0),
    }),
  },
  { port: Number(process.argv[2] ?? 8080) },
);

async function echo(request: IncomingMessage, url: URL): Promise<Answer> {
  const data = await bodyOf(request);
  const args = Object.fromEntries(
    [...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)]),
  );
  return json(200, {
    args,
    headers: headersOf(request),
    method: request.method,
    origin: request.socket.remoteAddress ?? "",
    url: `http://${request.headers.host ?? ""}${request.url ?? ""}`,
    ...(data === "" ? {} : { data }),
  });
}

/** Lists of values, with names as HTTP writes them, as httpbin's clients parse them. */
function headersOf(request: IncomingMessage): Record<string, string[]> {
  const entries = Object.entries(request.headersDistinct).map(([name, values]) => [
    name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
    values ?? [],
  ]);
  return Object.fromEntries(entries);
}

function numberIn(url: URL, least: number, most: number): number | undefined {
  const number = Number(url.pathname.split("/").at(-1));
  return Number.isFinite(number) && number >= least && number <= most ? number : undefined;
}
