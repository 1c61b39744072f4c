/** The cluster's DNS server, over UDP and TCP. It answers from memory; what is outside goes to the host's resolvers. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { type DecodedPacket, decode, encode, type Packet } from "dns-packet";
import { answer, reply, type Zone } from "./answer.ts";

const PORT = 53;
/** What every resolver takes over UDP without having said that it takes more. */
const UDP_SIZE = 512;
const TRUNCATED = 0x0200;
const NXDOMAIN = 3;

export interface DnsOptions {
  addresses: readonly string[];
  zone: Zone;
  /** Asks the host's resolvers; undefined when there are none or they are silent. */
  forward(query: Uint8Array): Promise<Uint8Array | undefined>;
}

export async function serveDns(options: DnsOptions): Promise<() => void> {
  const closers: (() => void)[] = [];
  for (const address of options.addresses) {
    const udp = createSocket("udp4");
    udp.on("message", (message, from) => {
      void resolve(message, options).then((response) => {
        if (response) udp.send(fit(response, message), from.port, from.address);
      });
    });
    await listening(udp, () => udp.bind(PORT, address));
    const tcp = createServer((socket) => serveTcp(socket, options));
    await listening(tcp, () => tcp.listen(PORT, address));
    closers.push(
      () => udp.close(),
      () => tcp.close(),
    );
  }
  return () => {
    for (const close of closers) close();
  };
}

function listening(socket: UdpSocket | Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("listening", resolve);
    socket.once("error", reject);
    start();
  });
}

/** The encoded response, or undefined for what is not a query. */
async function resolve(message: Uint8Array, options: DnsOptions): Promise<Buffer | undefined> {
  const query = parse(message);
  if (query?.type !== "query") return undefined;
  const known = answer(query, options.zone);
  if (known) return encode(await followed(known, options));
  const found = await options.forward(message).catch(() => undefined);
  return found ? Buffer.from(found) : encode(reply(query, NXDOMAIN, []));
}

/** An alias to a name outside: a client's resolver expects the addresses in the same answer. */
async function followed(response: Packet, options: DnsOptions): Promise<Packet> {
  const alias = response.answers?.[0];
  const type = response.questions?.[0]?.type;
  if (alias?.type !== "CNAME" || type === undefined || type === "CNAME") return response;
  const query = encode({ type: "query", id: 1, flags: 0x0100, questions: [{ type, name: alias.data }] });
  const found = await resolve(query, options);
  const more = found ? (parse(found)?.answers ?? []) : [];
  return { ...response, answers: [alias, ...more], authorities: [] };
}

function parse(message: Uint8Array): DecodedPacket | undefined {
  try {
    return decode(Buffer.from(message));
  } catch {
    return undefined;
  }
}

/** Over UDP a response that is too long is cut, which makes the client ask again over TCP. */
function fit(response: Buffer, message: Uint8Array): Buffer {
  const query = parse(message);
  const allowed = query?.additionals?.find((each) => each.type === "OPT");
  const size = Math.max(UDP_SIZE, allowed?.type === "OPT" ? allowed.udpPayloadSize : 0);
  if (response.length <= size) return response;
  const whole = decode(response);
  return encode({
    type: "response",
    id: whole.id ?? 0,
    flags: (whole.flags ?? 0) | TRUNCATED,
    questions: whole.questions ?? [],
  });
}

function serveTcp(socket: Socket, options: DnsOptions): void {
  let held = Buffer.alloc(0);
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const message = held.subarray(2, 2 + held.readUInt16BE(0));
      held = held.subarray(2 + message.length);
      void resolve(message, options).then((response) => {
        if (!response || socket.destroyed) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(response.length);
        socket.write(Buffer.concat([length, response]));
      });
    }
  });
}
