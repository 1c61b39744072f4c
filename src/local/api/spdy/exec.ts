/** exec and attach for clients that know SPDY only: kubectl before 1.31, and client libraries. */
import type { Duplex } from "node:stream";
import { failure } from "../status.ts";
import { type NodeChannel, openNodeChannel } from "./node-channel.ts";
import { type SpdyStream, spdySession } from "./session.ts";

const CHANNELS: Readonly<Record<string, number>> = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 };
const STDIN_ENDS = 255;

export function serveSpdyExec(client: Duplex, query: URLSearchParams, socketPath: string, path: string): void {
  const streams = new Map<number, SpdyStream>();
  const wanted = expected(query);
  let node: NodeChannel | undefined;
  const session = spdySession(
    client,
    (stream) => {
      const channel = CHANNELS[stream.headers.get("streamtype") ?? ""];
      if (channel === undefined) return;
      streams.set(channel, stream);
      if (!node && wanted.every((one) => streams.has(one))) node = connect();
    },
    () => node?.close(),
  );
  const connect = (): NodeChannel => {
    const channel = openNodeChannel(socketPath, path, {
      onMessage(number, data) {
        const stream = streams.get(number);
        return stream && !stream.write(data) ? stream : undefined;
      },
      onClose(error) {
        if (error !== undefined) streams.get(3)?.write(Buffer.from(JSON.stringify(failure(new Error(error)))));
        for (const stream of streams.values()) stream.end();
        session.close();
      },
    });
    for (const [number, stream] of streams) stream.onData = (data) => channel.send(number, data);
    const stdin = streams.get(0);
    if (stdin) stdin.onEnd = () => void channel.send(STDIN_ENDS, Buffer.from([0]));
    return channel;
  };
}

/** The streams that a client opens for what it asks. */
function expected(query: URLSearchParams): number[] {
  const asked = (name: string): boolean => query.get(name) === "true" || query.get(name) === "1";
  const tty = asked("tty");
  return [
    3,
    ...(asked("stdin") ? [0] : []),
    ...(asked("stdout") ? [1] : []),
    ...(asked("stderr") && !tty ? [2] : []),
    ...(tty ? [4] : []),
  ];
}
