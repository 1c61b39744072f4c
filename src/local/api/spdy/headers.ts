/** SPDY's header blocks: pairs of texts, compressed in one zlib stream per direction. */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { DICTIONARY } from "./dictionary.ts";

export type Headers = ReadonlyMap<string, string>;

export interface HeaderCodec {
  /** Blocks must be read, and written, in the order of their frames. */
  read(block: Buffer): Promise<Headers>;
  write(headers: Headers): Promise<Buffer>;
}

export function headerCodec(): HeaderCodec {
  const inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  const deflate = createDeflate({ dictionary: DICTIONARY });
  return {
    read: async (block) => parse(await through(inflate, block)),
    write: (headers) => through(deflate, format(headers)),
  };
}

/** What comes out of a zlib stream for what goes in, flushed. */
function through(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer): void => {
      chunks.push(chunk);
    };
    stream.on("data", collect);
    stream.once("error", reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      // The last chunk may still be on its way to the listener.
      setImmediate(() => {
        stream.off("data", collect);
        stream.off("error", reject);
        resolve(Buffer.concat(chunks));
      });
    });
  });
}

function parse(block: Buffer): Headers {
  let at = 4;
  const text = (): string => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    return block.toString("utf8", at - length, at);
  };
  return new Map(Array.from({ length: block.readUInt32BE(0) }, () => [text().toLowerCase(), text()]));
}

function format(headers: Headers): Buffer {
  const parts = [number(headers.size)];
  for (const pair of headers) for (const text of pair) parts.push(number(Buffer.byteLength(text)), Buffer.from(text));
  return Buffer.concat(parts);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
