/** External authorizers for tests: by HTTP, and by Envoy's gRPC protocol. They say yes to what says `x-ext-authz: allow`. */
import { createServer } from "node:http";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from "#envoy/service/auth/v3/external_auth_pb.js";

export interface Authorizer {
  port: number;
  /** What was asked, in order. */
  asked: Asked[];
  close(): void;
}

export interface Asked {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export async function httpAuthorizer(): Promise<Authorizer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      asked.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
      const allowed = request.headers["x-ext-authz"] === "allow";
      response.writeHead(allowed ? 200 : 403, {
        "x-ext-authz-result": allowed ? "allowed" : "denied",
        "x-secret": "s",
      });
      response.end(allowed ? "" : "denied by ext_authz");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: typeof at === "object" && at !== null ? at.port : 0, asked, close };
}

/** Connections it lets pass that come from 127.0.0.1. */
export async function grpcAuthorizer(): Promise<Authorizer> {
  const asked: Asked[] = [];
  const server = new Server();
  server.addService(
    {
      check: {
        path: "/envoy.service.auth.v3.Authorization/Check",
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => fromBinary(CheckRequestSchema, bytes),
        requestSerialize: (message: CheckRequest) => Buffer.from(toBinary(CheckRequestSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(CheckResponseSchema, bytes),
        responseSerialize: (message: CheckResponse) => Buffer.from(toBinary(CheckResponseSchema, message)),
      },
    },
    {
      check: ({ request }: ServerUnaryCall<CheckRequest, CheckResponse>, answer: sendUnaryData<CheckResponse>) => {
        const http = request.attributes?.request?.http;
        asked.push({
          method: http?.method ?? "",
          path: http?.path ?? "",
          headers: http?.headers ?? {},
          body: http?.body ?? "",
        });
        const from = request.attributes?.source?.address?.address;
        const address = from?.case === "socketAddress" ? from.value.address : "";
        const allowed = http ? http.headers["x-ext-authz"] === "allow" : address === "127.0.0.1";
        answer(
          null,
          create(CheckResponseSchema, {
            status: { code: allowed ? 0 : 7 },
            ...(!allowed && {
              httpResponse: { case: "deniedResponse", value: { status: { code: 403 }, body: "denied by ext_authz" } },
            }),
          }),
        );
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, asked, close: () => server.forceShutdown() };
}
