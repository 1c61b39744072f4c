/**
 * The server's side of SPDY/3.1 as Kubernetes' Go clients use it for exec and port forwarding: streams that the client
 * opens, without flow control, which those clients do not have.
 */
import type { Duplex } from "node:stream";
import { type HeaderCodec, type Headers, headerCodec } from "./headers.ts";

export interface SpdyStream {
  headers: Headers;
  /** False: whoever reads is slower; more should wait for `onDrain`. */
  write(data: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Says that nothing more will be written. */
  end(): void;
  /** The session reads no further until what this returns is done. */
  onData: (data: Buffer) => void | Promise<void>;
  onEnd: () => void;
}

export interface SpdySession {
  close(): void;
}

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FIN = 1;
const VERSION = 0x8003;
const FRAME_LIMIT = 0xffffff;

export function spdySession(
  transport: Duplex,
  onStream: (stream: SpdyStream) => void,
  onClose: () => void,
): SpdySession {
  const streams = new Map<number, SpdyStream>();
  const codec = headerCodec();
  let failed = false;
  const close = (): void => {
    if (failed) return;
    failed = true;
    transport.end();
    for (const stream of streams.values()) stream.onEnd();
    onClose();
  };
  const write = (frame: Buffer): boolean => {
    return transport.writableEnded || transport.destroyed || transport.write(frame);
  };
  const onDrain = (listener: () => void): void => {
    transport.once("drain", listener);
  };
  const handle = async (frame: Buffer): Promise<void> => {
    const flags = frame[4] ?? 0;
    const body = frame.subarray(8);
    if (frame.readUInt16BE(0) < 0x8000) {
      const stream = streams.get(frame.readUInt32BE(0));
      if (body.length > 0) await stream?.onData(body);
      if (flags & FIN) stream?.onEnd();
      return;
    }
    const type = frame.readUInt16BE(2);
    if (type === SYN_STREAM) await open(body, flags, { codec, streams, write, onDrain, onStream });
    else if (type === PING) write(frame);
    else if (type === GOAWAY) close();
    else if (type === RST_STREAM) streams.get(body.readUInt32BE(0))?.onEnd();
  };
  void readFrames(transport, handle).then(close, close);
  return { close };
}

interface Opening {
  codec: HeaderCodec;
  streams: Map<number, SpdyStream>;
  write(frame: Buffer): boolean;
  onDrain(listener: () => void): void;
  onStream(stream: SpdyStream): void;
}

async function open(body: Buffer, flags: number, { codec, streams, write, onDrain, onStream }: Opening): Promise<void> {
  const id = body.readUInt32BE(0) & 0x7fffffff;
  const headers = await codec.read(body.subarray(10));
  let ended = false;
  const stream: SpdyStream = {
    headers,
    write(data) {
      let free = true;
      for (let at = 0; at < data.length && !ended; at += FRAME_LIMIT) {
        free = write(dataFrame(id, 0, data.subarray(at, at + FRAME_LIMIT)));
      }
      return free;
    },
    onDrain,
    end() {
      if (!ended) write(dataFrame(id, FIN, Buffer.alloc(0)));
      ended = true;
    },
    onData: () => undefined,
    onEnd: () => undefined,
  };
  streams.set(id, stream);
  const reply = Buffer.alloc(4);
  reply.writeUInt32BE(id);
  write(controlFrame(SYN_REPLY, Buffer.concat([reply, await codec.write(new Map())])));
  onStream(stream);
  if (flags & FIN) stream.onEnd();
}

async function readFrames(transport: Duplex, handle: (frame: Buffer) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of transport) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const length = 8 + rest.readUIntBE(5, 3);
      if (rest.length < length) break;
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      await handle(frame);
    }
  }
}

function dataFrame(id: number, flags: number, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(id);
  head[4] = flags;
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

function controlFrame(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(VERSION);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}
