import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import type { Peer } from "../../envoy/resource-source.ts";
import type { Hub } from "../hub.ts";
import type { Session, Wire } from "../session.ts";

type Request = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

export function peer(pod: string): Peer {
  const id = `sidecar~10.0.0.1~${pod}.default~default.svc.cluster.local`;
  return { id, type: "sidecar", namespace: "default", pod, serviceAccount: pod, metadata: {}, envoyVersion: "1.40.0" };
}

/** A proxy that talks to the hub without gRPC and answers when the test says so. */
export class FakeProxy implements Wire {
  readonly session: Session;
  readonly received: DeltaDiscoveryResponse[] = [];
  closed: { code: number; details: string } | undefined;
  /** Set: bytes do not leave until `drain`. */
  stuck = false;
  readonly #waiting: (() => void)[] = [];

  constructor(hub: Hub, proxy: Peer = peer("a")) {
    this.session = hub.accept(proxy, this);
  }

  write(frame: Buffer, done: () => void): void {
    this.received.push(fromBinary(DeltaDiscoveryResponseSchema, frame));
    if (this.stuck) this.#waiting.push(done);
    else done();
  }

  close(code: number, details: string): void {
    this.closed = { code, details };
  }

  drain(): void {
    this.stuck = false;
    for (const done of this.#waiting.splice(0)) done();
  }

  async send(request: Request): Promise<DeltaDiscoveryResponse[]> {
    this.session.receive(create(DeltaDiscoveryRequestSchema, request));
    return this.take();
  }

  async ack(response: DeltaDiscoveryResponse | undefined): Promise<DeltaDiscoveryResponse[]> {
    return this.send({ typeUrl: response?.typeUrl ?? "", responseNonce: response?.nonce ?? "" });
  }

  async nack(response: DeltaDiscoveryResponse | undefined, message: string): Promise<DeltaDiscoveryResponse[]> {
    return this.send({
      typeUrl: response?.typeUrl ?? "",
      responseNonce: response?.nonce ?? "",
      errorDetail: { code: 13, message },
    });
  }

  /** What came since the last call. */
  async take(): Promise<DeltaDiscoveryResponse[]> {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return this.received.splice(0);
  }

  /** Acknowledges everything until nothing more comes; returns all of it. */
  async settle(): Promise<DeltaDiscoveryResponse[]> {
    const all: DeltaDiscoveryResponse[] = [];
    for (let batch = await this.take(); batch.length > 0; ) {
      all.push(...batch);
      const next: DeltaDiscoveryResponse[] = [];
      for (const response of batch) next.push(...(await this.ack(response)));
      batch = next;
    }
    return all;
  }
}

/** `Cluster a=1 b=2 -c`: a response in short, aliases in brackets, `∅` for no body. */
export function brief(response: DeltaDiscoveryResponse): string {
  const type = response.typeUrl.slice(response.typeUrl.lastIndexOf(".") + 1);
  const resources = response.resources.map(({ name, version, aliases, resource }) => {
    const alias = aliases.length > 0 ? `[${aliases.join(",")}]` : "";
    return `${name}${alias}${resource ? `=${version}` : "∅"}`;
  });
  return [type, ...resources, ...response.removedResources.map((name) => `-${name}`)].join(" ");
}
