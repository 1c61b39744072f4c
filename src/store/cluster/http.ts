/** Requests to a Kubernetes API over one keep-alive agent, and its errors as StoreErrors. */
import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { REASONS, type Reason, StoreError } from "../error.ts";
import { isFields } from "../patch/json.ts";
import type { Connection } from "./connection.ts";

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  path: string;
  body?: unknown;
  contentType?: string;
  /** The form of the answer, such as a Table. */
  accept?: string;
  signal?: AbortSignal;
}

/** An answer should come within this time. Watches have no such limit: their end is seen by the reflector. */
const ANSWER_MS = 30_000;
/** How often a request is repeated that the server had no time for (429). */
const ATTEMPTS = 5;
const LONGEST_WAIT_S = 10;
/** Finds out about a dead peer when nothing is being sent. */
const TCP_KEEP_ALIVE_MS = 15_000;

export class Http {
  readonly #connection: Connection;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(connection: Connection) {
    this.#connection = connection;
    const options = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS };
    const { ca, clientCertificate: cert, clientKey: key, serverName: servername, insecure } = connection;
    this.#agent = this.#plain()
      ? new HttpAgent(options)
      : new HttpsAgent({
          ...options,
          rejectUnauthorized: insecure !== true,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(servername === undefined ? {} : { servername }),
        });
  }

  /** Sends and reads the whole answer; rejects with what the server refused. `warn` gets its warnings. */
  async json(request: Request, warn?: (text: string) => void): Promise<unknown> {
    const limit = AbortSignal.timeout(ANSWER_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#send({ ...request, signal });
      const text = await textOf(response).catch((error: Error) => {
        throw this.#unreachable(error);
      });
      const status = response.statusCode ?? 0;
      if (status === REASONS.TooManyRequests && attempt < ATTEMPTS) {
        const wait = Number(response.headers["retry-after"] ?? 1);
        await sleep(Math.min(Number.isFinite(wait) ? wait : 1, LONGEST_WAIT_S) * 1000, undefined, { signal });
        continue;
      }
      if (status >= 400) throw refusal(status, text);
      if (warn) for (const warning of warningsOf(response)) warn(warning);
      return JSON.parse(text);
    }
  }

  /** Sends and hands over the answer as it comes, such as a pod's log. */
  async stream(request: Request): Promise<IncomingMessage> {
    const response = await this.#send(request);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw refusal(status, await textOf(response));
    return response;
  }

  /** Sends and yields the answer line by line, as long as the server goes on. */
  async *lines(request: Request): AsyncGenerator<string> {
    const response = await this.stream(request);
    response.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") yield line;
      }
    } catch {
      // The connection broke in the midst: to the reader no more than an end.
    } finally {
      response.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #plain(): boolean {
    return this.#connection.server.protocol === "http:";
  }

  async #send(request: Request): Promise<IncomingMessage> {
    const token = await this.#connection.token?.();
    const { server, socketPath } = this.#connection;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options: RequestOptions = {
      agent: this.#agent,
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port || (this.#plain() ? 80 : 443),
      path: server.pathname.replace(/\/$/, "") + request.path,
      method: request.method,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(request.signal ? { signal: request.signal } : {}),
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": "lateen",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined
          ? {}
          : { "content-type": request.contentType ?? "application/json", "content-length": Buffer.byteLength(body) }),
      },
    };
    for (;;) {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const sent = (this.#plain() ? requestHttp : requestHttps)(options, resolve);
      sent.on("error", reject);
      sent.end(body);
      try {
        return await promise;
      } catch (error) {
        // The server closed a kept connection just as it was used again: the request never got there.
        if (sent.reusedSocket && error instanceof Error && Reflect.get(error, "code") === "ECONNRESET") continue;
        throw this.#unreachable(error);
      }
    }
  }

  #unreachable(error: unknown): StoreError {
    const { server, socketPath } = this.#connection;
    const where = socketPath ?? server.origin;
    const reason = error instanceof Error ? error.message || error.name : String(error);
    return new StoreError(
      "ServiceUnavailable",
      `LTN1013: the Kubernetes API at ${where} cannot be reached (${reason}); see that it runs and that the kubeconfig is the right one`,
    );
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** `299 - "text"` of each Warning header. */
function warningsOf(response: IncomingMessage): string[] {
  const header = response.headers.warning ?? "";
  return [...String(header).matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? "").replaceAll(/\\(.)/g, "$1"),
  );
}

/** What a server refused with an answer that may or may not be a Status. */
export function refusal(code: number, text: string): StoreError {
  try {
    return errorOf(JSON.parse(text), code);
  } catch {
    // Not JSON: a proxy, or no Kubernetes API at all.
    return errorOf({ message: text.slice(0, 500).trim() || `HTTP status ${code}` }, code);
  }
}

/** A Status as the error that it reports. */
export function errorOf(status: unknown, code = 500): StoreError {
  const { reason, message, details, code: own } = isFields(status) ? status : {};
  const known = isReason(reason) ? reason : reasonOf(typeof own === "number" ? own : code);
  const detail = isFields(details) ? details : {};
  const text = (name: string): string | undefined => {
    const value = detail[name];
    return typeof value === "string" ? value : undefined;
  };
  const causes = (Array.isArray(detail.causes) ? detail.causes : []).filter(isFields).map((cause) => ({
    reason: String(cause.reason ?? ""),
    message: String(cause.message ?? ""),
    field: String(cause.field ?? ""),
  }));
  const [group, kind, name] = [text("group"), text("kind"), text("name")];
  return new StoreError(known, typeof message === "string" && message !== "" ? message : known, {
    causes,
    details: {
      ...(group === undefined ? {} : { group }),
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
    },
  });
}

function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}

/** For a Status without a reason that we know: the plainest one of its code. */
function reasonOf(code: number): Reason {
  if (code === REASONS.Conflict) return "Conflict";
  for (const reason of Object.keys(REASONS)) if (isReason(reason) && REASONS[reason] === code) return reason;
  return code >= 500 ? "InternalError" : "BadRequest";
}
