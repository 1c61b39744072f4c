import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DeltaDiscoveryRequestSchema } from "#envoy/service/discovery/v3/discovery_pb.js";
import type { Peer } from "../../src/envoy/resource-source.ts";
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../../src/envoy/types.ts";
import type { Hub } from "../../src/xds/hub.ts";
import type { SentReport, Session, Wire } from "../../src/xds/session.ts";

/**
 * Asks and acknowledges as an Envoy does, and reads nothing of what it gets: so that the time measured is the control
 * plane's. What a response was about it takes from the hub's reports.
 */
export class SimulatedSidecar implements Wire {
  bytes = 0;
  messages = 0;
  readonly #session: Session;
  readonly #endpoints = new Set<string>();
  readonly #routes = new Set<string>();

  constructor(hub: Hub, peer: Peer) {
    this.#session = hub.accept(peer, this);
  }

  /** Subscribes to everything; to the routes of port 80 and these hosts by name. */
  start(hosts: readonly string[]): void {
    this.#send({ typeUrl: CLUSTER });
    this.#send({ typeUrl: LISTENER });
    this.#routes.add("80");
    this.#send({ typeUrl: ROUTE_CONFIGURATION, resourceNamesSubscribe: ["80"] });
    this.#send({ typeUrl: VIRTUAL_HOST });
    if (hosts.length > 0) {
      this.#send({ typeUrl: VIRTUAL_HOST, resourceNamesSubscribe: hosts.map((host) => `80/${host}`) });
    }
  }

  write(frame: Buffer, done: () => void): void {
    this.bytes += frame.length;
    this.messages++;
    done();
  }

  close(): void {}

  /** Takes what the hub says it sent here; answers it in a later turn, as a network would. */
  sent({ type, names }: SentReport): void {
    const responseNonce = String(this.messages); // nonces count the responses of a stream
    setImmediate(() => {
      this.#send({ typeUrl: type, responseNonce });
      if (type !== CLUSTER) return;
      const fresh = names.filter((name) => name.startsWith("outbound|") && !this.#endpoints.has(name));
      for (const name of fresh) this.#endpoints.add(name);
      if (fresh.length > 0) this.#send({ typeUrl: LOAD_ASSIGNMENT, resourceNamesSubscribe: fresh });
    });
  }

  #send(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void {
    this.#session.receive(create(DeltaDiscoveryRequestSchema, request));
  }
}
