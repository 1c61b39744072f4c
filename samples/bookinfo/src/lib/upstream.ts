import { Agent, get } from "node:http";

export interface Upstream {
  /** `http://reviews:9080` */
  origin: string;
  /** First segment of its paths. */
  path: string;
}

export interface Reply {
  /** 0 when there was no answer at all. */
  status: number;
  /** Parsed JSON, or undefined when there was none. */
  body: unknown;
  milliseconds: number;
}

/**
 * Connections are kept, but not long when idle: without a sidecar a connection stays with one pod, and who reloads the
 * page by hand should come to another.
 */
const IDLE_MS = 1000;
const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

/** Where a service is, by the variables that Istio's YAML sets: NAME_HOSTNAME, NAME_SERVICE_PORT, SERVICES_DOMAIN. */
export function upstream(name: string): Upstream {
  const variable = name.toUpperCase();
  const host = process.env[`${variable}_HOSTNAME`] ?? name;
  const domain = process.env.SERVICES_DOMAIN;
  const port = process.env[`${variable}_SERVICE_PORT`] ?? "9080";
  return { origin: `http://${host}${domain ? `.${domain}` : ""}:${port}`, path: name };
}

/** Asks for a product's part. Never rejects: what failed is in the status, and why is in the log. */
export async function ask(
  to: Upstream,
  product: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<Reply> {
  const url = `${to.origin}/${to.path}/${encodeURIComponent(product)}`;
  const started = performance.now();
  const took = () => Math.round((performance.now() - started) * 10) / 10;
  try {
    const { status, text } = await fetchText(url, headers, AbortSignal.timeout(timeoutMs));
    return { status, body: parse(text), milliseconds: took() };
  } catch (error) {
    console.error(`GET ${url} failed after ${took()} ms: ${error instanceof Error ? error.message : String(error)}`);
    return { status: 0, body: undefined, milliseconds: took() };
  }
}

function fetchText(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The peer may close a kept connection at the very moment it is used again: that was no attempt.
      if (request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE"))
        resolve(fetchText(url, headers, signal));
      else reject(error);
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
