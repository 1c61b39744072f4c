import { createHash } from "node:crypto";
import { createClient } from "@redis/client";
import { LateenError } from "../errors.ts";
import { BUCKETS, type Counters } from "./counters.ts";
import { capacityMs, intervalMs, TOLERANCE_MS, verdict } from "./gcra.ts";

interface Options {
  /** `redis://user:password@host:6379/0`, `rediss://…` with TLS. Also Valkey's. */
  url: string;
  /** For each rule. */
  buckets?: number;
  /** The connection was lost, and will be made again. */
  onError(error: unknown): void;
}

/**
 * A rule is one sorted set: its members are keys, scored by when their bucket is full again. So a script can throw away
 * what is full, and what is nearest to it when there are too many, and the whole expires when all are full. One script
 * is one step for the server, and the clock is the server's: replicas need not agree on the time.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local key, interval, capacity = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local hits, buckets, tolerance = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local known = redis.call('ZSCORE', KEYS[1], key)
local left = math.max(known and tonumber(known) or now, now) - now
local owed = math.min(left, capacity) + hits * interval
if owed <= capacity + tolerance then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.3f', now))
  local over = redis.call('ZCARD', KEYS[1]) - buckets
  if not known and over >= 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over) end
  redis.call('ZADD', KEYS[1], string.format('%.3f', now + owed), key)
  redis.call('PEXPIRE', KEYS[1], math.ceil(capacity) + 1000)
end
return string.format('%.3f', owed)
`;

const PREFIX = "lateen:ratelimit:";

/** How long a command may take: a proxy does not wait longer either. */
const COMMAND_MS = 400;
const LONGEST_PAUSE_MS = 2000;

/** Buckets of all replicas together. */
export async function redisCounters({ url, buckets = BUCKETS, onError }: Options): Promise<Counters> {
  const client = createClient({
    url: checked(url),
    // Who cannot count must say so, rather than let requests wait for a server that may not come back.
    disableOfflineQueue: true,
    commandOptions: { timeout: COMMAND_MS },
    socket: { connectTimeout: 2000, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, LONGEST_PAUSE_MS) },
  });
  client.on("error", onError);
  await client.connect();
  const sha = createHash("sha1").update(TAKE).digest("hex");

  const run = async (keys: string[], args: string[]): Promise<unknown> => {
    const options = { keys, arguments: args };
    try {
      return await client.evalSha(sha, options);
    } catch (error) {
      // A server that has restarted has forgotten it.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return client.eval(TAKE, options);
    }
  };
  return {
    async take({ rule, key, limit, hits }) {
      // Not the key itself: it may be a secret, and as long as a header may be.
      const member = createHash("sha256").update(key).digest("base64url");
      const numbers = [intervalMs(limit), capacityMs(limit), hits, buckets, TOLERANCE_MS].map(String);
      const owed = Number(await run([`${PREFIX}${rule}`], [member, ...numbers]));
      if (Number.isNaN(owed)) throw new Error("the server's answer is no number");
      return verdict(limit, hits, owed);
    },
    // It goes by itself when all its buckets are full.
    forget() {},
    async close() {
      client.destroy();
    },
  };
}

function checked(url: string): string {
  if (/^rediss?:\/\/[^/]+/.test(url)) return url;
  throw new LateenError("LTN6402", "the address of Redis is no URL", "Write redis://HOST:6379, or rediss:// with TLS.");
}
