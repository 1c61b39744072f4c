/**
 * Gets a small text from a URL that somebody else chose: within bounds of size and time, from addresses that the rules
 * allow, over a connection to the very address that was looked at. Redirects are looked at like the first URL. Nothing
 * is sent that could prove who asks.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { LateenError } from "../../errors.ts";
import { type AddressRules, addressRefusal } from "./address-rules.ts";
import type { Network } from "./network.ts";

export interface FetchOptions {
  network: Network;
  rules: AddressRules;
  timeoutMs: number;
  signal: AbortSignal;
}

const MOST_BYTES = 256 * 1024;
const MOST_REDIRECTS = 3;
/** However long a policy would wait. */
const LONGEST_MS = 30_000;

export async function guardedFetch(url: string, options: FetchOptions): Promise<string> {
  const timeout = AbortSignal.timeout(Math.min(options.timeoutMs, LONGEST_MS));
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    let at = parsed(url);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const answer = await get(at, { ...options, signal });
      if (typeof answer === "string") return answer;
      if (at.protocol === "https:" && answer.redirect.protocol !== "https:") {
        throw wrong(at, "redirects from https to http");
      }
      at = answer.redirect;
    }
    throw wrong(at, `redirects more than ${MOST_REDIRECTS} times`);
  } catch (error) {
    if (error instanceof LateenError) throw error;
    const why = timeout.aborted ? "it took too long" : error instanceof Error ? error.message : String(error);
    throw new LateenError("LTN6202", `${url} cannot be fetched: ${why}.`, "See that the control plane can reach it.");
  }
}

function parsed(url: string, base?: URL): URL {
  const found = URL.parse(url, base?.href);
  if (!found || (found.protocol !== "https:" && found.protocol !== "http:") || found.username || found.password) {
    throw new LateenError(
      "LTN6201",
      `${JSON.stringify(url)} cannot be a URL of keys.`,
      "Write https:// and a host, without user and password.",
    );
  }
  return found;
}

/** The text, or where to look instead. */
async function get(url: URL, { network, rules, signal }: FetchOptions): Promise<string | { redirect: URL }> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const addresses = isIP(host) ? [host] : await unlessAborted(network.resolve(host), signal);
  // one that is refused speaks against the name as a whole: it may be another's answer next time
  for (const address of addresses) {
    const refusal = addressRefusal(host, address, rules);
    if (refusal === undefined) continue;
    throw new LateenError(
      "LTN6203",
      `${url.href} is not fetched: ${host} is at ${refusal}.`,
      "If it should be, allow it in lateen.jwksAllowedHosts or lateen.jwksAllowedNetworks of the mesh's settings.",
    );
  }
  const response = await firstAnswer(url, host, addresses, { network, signal });
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  if (status >= 300 && status < 400 && location !== undefined) {
    response.destroy();
    return { redirect: parsed(location, url) };
  }
  if (status !== 200) {
    response.destroy();
    throw wrong(url, `answers with status ${status}`);
  }
  return body(url, response);
}

/** Of the addresses in their order: a machine need not have a way to each. */
async function firstAnswer(
  url: URL,
  host: string,
  addresses: readonly string[],
  { network, signal }: Pick<FetchOptions, "network" | "signal">,
): Promise<IncomingMessage> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  let failure: unknown = new Error(`${host} has no address`);
  for (const address of addresses) {
    if (signal.aborted) break;
    try {
      return await exchange(url, await unlessAborted(network.connect(address, port), signal), host, signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function exchange(url: URL, raw: Duplex, host: string, signal: AbortSignal): Promise<IncomingMessage> {
  const socket =
    url.protocol === "https:" ? tlsConnect({ socket: raw, ...(isIP(host) ? { host } : { servername: host }) }) : raw;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  raw.on("error", reject);
  const request = httpRequest({
    createConnection: () => socket,
    signal,
    path: url.pathname + url.search,
    headers: { host: url.host, accept: "application/json", "accept-encoding": "identity", connection: "close" },
  });
  request.on("response", resolve).on("error", reject).end();
  return promise.catch((error: unknown) => {
    raw.destroy();
    throw error;
  });
}

async function body(url: URL, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MOST_BYTES) {
      response.destroy();
      throw wrong(url, `is larger than ${MOST_BYTES / 1024} KiB`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function wrong(url: URL, what: string): LateenError {
  return new LateenError("LTN6204", `${url.href} ${what}.`, "See that the URL is that of the key set itself.");
}

/** Name resolution knows no abort. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}
