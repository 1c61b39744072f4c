/** Protobuf's encoding, as far as it can be read without knowing the messages. */
import { badRequest } from "../status.ts";

export interface Entry {
  number: number;
  /** 0 when the entry is bytes. */
  varint: bigint;
  /** Empty when the entry is a number. */
  bytes: Buffer;
}

const NONE = Buffer.alloc(0);

export function entriesOf(bytes: Buffer | undefined): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes?.[at++];
      if (byte === undefined) throw truncated();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw truncated();
  };
  const take = (length: number): Buffer => {
    const taken = bytes?.subarray(at, at + length) ?? NONE;
    if (taken.length < length) throw truncated();
    at += length;
    return taken;
  };
  while (bytes && at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        entries.push({ number, varint: varint(), bytes: NONE });
        break;
      case 1:
        entries.push({ number, varint: take(8).readBigUInt64LE(), bytes: NONE });
        break;
      case 2:
        entries.push({ number, varint: 0n, bytes: take(Number(varint())) });
        break;
      case 5:
        entries.push({ number, varint: BigInt(take(4).readUInt32LE()), bytes: NONE });
        break;
      default:
        throw truncated();
    }
  }
  return entries;
}

function truncated(): Error {
  return badRequest("the protobuf message in the body cannot be read");
}
