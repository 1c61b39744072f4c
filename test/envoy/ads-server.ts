/** A control plane for tests: one stream of delta ADS, and answers that the test writes itself. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "#envoy/service/discovery/v3/discovery_pb.js";
import type { Encoded } from "../../src/envoy/encode.ts";

export type Answer = (request: DeltaDiscoveryRequest, send: (resources: readonly Encoded[]) => void) => void;

export interface AdsServer {
  /** Refusals, with Envoy's words. */
  readonly rejections: string[];
  /** Sends without being asked. */
  push(typeUrl: string, resources: readonly Encoded[]): void;
  close(): void;
}

/** @param path Of the unix socket to listen on. */
export async function startAdsServer(path: string, answer: Answer): Promise<AdsServer> {
  let stream: ServerDuplexStream<DeltaDiscoveryRequest, Buffer> | undefined;
  let nonce = 0;
  const rejections: string[] = [];
  const push = (typeUrl: string, resources: readonly Encoded[]): void => {
    const response = create(DeltaDiscoveryResponseSchema, {
      typeUrl,
      nonce: String(++nonce),
      resources: resources.map(({ name, version, body }) => ({
        name,
        version,
        // Envoy takes an answer to an on-demand request by its alias
        aliases: [name],
        ...(body && { resource: fromBinary(AnySchema, body) }),
      })),
    });
    stream?.write(Buffer.from(toBinary(DeltaDiscoveryResponseSchema, response)));
  };
  const server = new Server();
  server.addService(
    {
      delta: {
        path: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
        requestStream: true,
        responseStream: true,
        requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
        requestSerialize: (request: DeltaDiscoveryRequest) =>
          Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
        responseDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
      },
    },
    {
      delta: (call: ServerDuplexStream<DeltaDiscoveryRequest, Buffer>) => {
        stream = call;
        call.on("data", (request: DeltaDiscoveryRequest) => {
          if (request.errorDetail) rejections.push(request.errorDetail.message);
          answer(request, (resources) => push(request.typeUrl, resources));
        });
        call.on("error", () => {});
        call.on("end", () => call.end());
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return { rejections, push, close: () => server.forceShutdown() };
}
