/** The standard health check of gRPC (grpc.health.v1.Health/Check), spoken directly: the message is one string. */
import { connect } from "node:http2";
import type { GrpcProbe, ProbeResult } from "./messages.ts";
import { dialError } from "./probes.ts";

const SERVING = 1;

export function grpcProbe({ host, port, service, timeoutMs }: GrpcProbe): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const session = connect(`http://${host}:${port}`);
    const done = (result: ProbeResult) => {
      clearTimeout(timer);
      session.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => done({ ok: false, message: `timeout: failed to connect service "${host}:${port}" within ${timeoutMs}ms` }),
      timeoutMs,
    );
    session.on("error", (error) => done({ ok: false, message: dialError(host, port, error) }));
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "kube-probe/1.34",
    });
    const chunks: Buffer[] = [];
    let status = "";
    stream.on("response", (headers) => {
      status = String(headers["grpc-status"] ?? "");
    });
    stream.on("trailers", (headers) => {
      status = String(headers["grpc-status"] ?? "");
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => done({ ok: false, message: error.message }));
    stream.on("end", () => {
      // A frame header of five bytes, then field 1, a varint: the status of the service.
      const body = Buffer.concat(chunks);
      if (status !== "0") done({ ok: false, message: `service unhealthy (grpc-status ${status || "missing"})` });
      else if (body[5] === 0x08 && body[6] === SERVING) done({ ok: true, message: "service healthy" });
      else done({ ok: false, message: "service unhealthy (responded with NOT_SERVING)" });
    });
    stream.end(frame(service));
  });
}

/** HealthCheckRequest{service} in one gRPC frame. */
function frame(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
