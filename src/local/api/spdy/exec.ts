/** exec and attach for clients that know SPDY only: kubectl before 1.31, and client libraries. */
import type { Duplex } from "node:stream";
import { CLOSE, ERROR, RESIZE, STDERR, STDIN, STDOUT } from "../../../kubernetes/channels.ts";
import { failure } from "../status.ts";
import { type NodeChannel, openNodeChannel } from "./node-channel.ts";
import { type SpdyStream, spdySession } from "./session.ts";

const CHANNELS: Readonly<Record<string, number>> = {
  stdin: STDIN,
  stdout: STDOUT,
  stderr: STDERR,
  error: ERROR,
  resize: RESIZE,
};

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
        if (error !== undefined) streams.get(ERROR)?.write(Buffer.from(JSON.stringify(failure(new Error(error)))));
        for (const stream of streams.values()) stream.end();
        session.close();
      },
    });
    for (const [number, stream] of streams) stream.onData = (data) => channel.send(number, data);
    const stdin = streams.get(STDIN);
    if (stdin) stdin.onEnd = () => void channel.send(CLOSE, Buffer.of(STDIN));
    return channel;
  };
}

/** The streams that a client opens for what it asks. */
function expected(query: URLSearchParams): number[] {
  const asked = (name: string): boolean => query.get(name) === "true" || query.get(name) === "1";
  const tty = asked("tty");
  return [
    ERROR,
    ...(asked("stdin") ? [STDIN] : []),
    ...(asked("stdout") ? [STDOUT] : []),
    ...(asked("stderr") && !tty ? [STDERR] : []),
    ...(tty ? [RESIZE] : []),
  ];
}
