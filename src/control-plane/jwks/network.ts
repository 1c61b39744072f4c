import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** How the control plane reaches who publishes keys. */
export interface Network {
  /** Addresses of a name, in the order in which they are to be tried. */
  resolve(host: string): Promise<readonly string[]>;
  /** Opens a connection to just this address. What fails is an `error` of the stream. */
  connect(address: string, port: number): Promise<Duplex>;
}

/** The network of this machine, or of istiod's pod. */
export const hostNetwork: Network = {
  resolve: async (host) => (await lookup(host, { all: true, order: "ipv4first" })).map(({ address }) => address),
  connect: async (host, port) => connect({ host, port, noDelay: true }),
};
