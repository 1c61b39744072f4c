import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Answer {
  status: number;
  body: string;
  headers: NodeJS.Dict<string | string[]>;
}

interface RequestOptions {
  headers?: Record<string, string>;
  agent?: Agent;
  timeoutMs?: number;
}

/** One GET. Rejects only when no answer came. */
export function get(url: string, options: RequestOptions = {}): Promise<Answer> {
  return send(url, "GET", "", options);
}

function send(url: string, method: string, content: string, options: RequestOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(url, { method, headers: options.headers, agent: options.agent ?? false }, (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
  });
  outgoing.setTimeout(options.timeoutMs ?? 30_000, () => outgoing.destroy(new Error(`${url}: no answer in time`)));
  outgoing.on("error", reject);
  outgoing.end(content);
  return promise;
}

export interface Load {
  /** How many requests have ended so far. */
  count(): number;
  /** What was wrong with those that failed so far. */
  failures(): readonly string[];
  /** Ends it: how many requests there were, and what was wrong with those that failed, with the step they fell into. */
  stop(): Promise<{ requests: number; failures: string[] }>;
  /** Names what happens from now on, so that a failure can be told from which step it came. */
  step(name: string): void;
}

/**
 * Keeps asking for `url` over kept-alive connections, `clients` at a time with a short pause, until stopped. A request
 * fails when there is no answer or its status is not 200 (or not what `accept` wants).
 */
export function startLoad(
  url: string,
  options: {
    clients?: number;
    pauseMs?: number;
    accept?: (answer: Answer) => boolean;
    headers?: Record<string, string>;
    /** What to send by POST instead of asking by GET. */
    post?: string;
  } = {},
): Load {
  const clients = options.clients ?? 4;
  const accept = options.accept ?? ((answer) => answer.status === 200);
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const failures: string[] = [];
  let requests = 0;
  let step = "start";
  let stopped = false;
  const client = async (): Promise<void> => {
    while (!stopped) {
      const during = step;
      try {
        const method = options.post === undefined ? "GET" : "POST";
        const more = { agent, ...(options.headers && { headers: options.headers }) };
        const answer = await send(url, method, options.post ?? "", more);
        if (!accept(answer)) failures.push(`[${during}] ${answer.status} ${answer.body.slice(0, 200)}`);
      } catch (error) {
        failures.push(`[${during}] ${error}`);
      }
      requests++;
      await sleep(options.pauseMs ?? 10);
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    count: () => requests,
    failures: () => failures,
    step: (name) => {
      step = name;
    },
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      agent.destroy();
      return { requests, failures };
    },
  };
}
