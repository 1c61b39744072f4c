/** For tests: what a SPIRE agent is to Envoy, a server of secrets on a unix socket. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { type Secret, SecretSchema } from "#envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import { SECRET } from "../../src/envoy/types.ts";

type Stream = ServerDuplexStream<DiscoveryRequest, Buffer>;

export class SdsServer {
  readonly #server = new Server();
  readonly #streams = new Map<Stream, Set<string>>();
  readonly #secrets = new Map<string, Secret>();
  #version = 0;

  static async start(path: string): Promise<SdsServer> {
    const sds = new SdsServer();
    sds.#server.register(
      "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets",
      (stream: Stream) => sds.#serve(stream),
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => fromBinary(DiscoveryRequestSchema, bytes),
      "bidi",
    );
    await new Promise<void>((resolve, reject) => {
      sds.#server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return sds;
  }

  /** Gives it to whoever has asked for it, or will. */
  put(secret: Secret): void {
    this.#secrets.set(secret.name, secret);
    for (const [stream, names] of this.#streams) if (names.has(secret.name)) this.#send(stream, secret);
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #serve(stream: Stream): void {
    const names = new Set<string>();
    this.#streams.set(stream, names);
    stream.on("data", ({ resourceNames }: DiscoveryRequest) => {
      for (const name of resourceNames) {
        const secret = names.has(name) ? undefined : this.#secrets.get(name);
        names.add(name);
        if (secret) this.#send(stream, secret);
      }
    });
    stream.on("error", () => {});
    stream.on("end", () => stream.end());
    stream.on("close", () => this.#streams.delete(stream));
  }

  #send(stream: Stream, secret: Secret): void {
    const version = String(++this.#version);
    const response = create(DiscoveryResponseSchema, {
      versionInfo: version,
      nonce: version,
      typeUrl: SECRET,
      resources: [anyPack(SecretSchema, secret)],
    });
    stream.write(Buffer.from(toBinary(DiscoveryResponseSchema, response)));
  }
}
