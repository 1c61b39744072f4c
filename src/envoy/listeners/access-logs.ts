import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type AccessLog, AccessLogSchema } from "#envoy/config/accesslog/v3/accesslog_pb.js";
import { FileAccessLogSchema } from "#envoy/extensions/access_loggers/file/v3/file_pb.js";
import { StderrAccessLogSchema, StdoutAccessLogSchema } from "#envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { pack } from "../any.ts";

/** Istio's default format, which people's log parsers read. */
const FORMAT = [
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%',
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED%',
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%"',
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS%',
  "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n",
].join(" ");

/** @param file MeshConfig's accessLogFile: "" for none. */
export function accessLogs(file: string): AccessLog[] {
  if (file === "") return [];
  const { name, config } = logger(file);
  return [create(AccessLogSchema, { name, configType: { case: "typedConfig", value: config } })];
}

/** Standard output may be a socket, which cannot be opened by its path. */
function logger(file: string): { name: string; config: Any } {
  const accessLogFormat = {
    case: "logFormat",
    value: { format: { case: "textFormatSource", value: { specifier: { case: "inlineString", value: FORMAT } } } },
  } as const;
  switch (file) {
    case "/dev/stdout":
      return { name: "envoy.access_loggers.stdout", config: pack(StdoutAccessLogSchema, { accessLogFormat }) };
    case "/dev/stderr":
      return { name: "envoy.access_loggers.stderr", config: pack(StderrAccessLogSchema, { accessLogFormat }) };
    default:
      return {
        name: "envoy.access_loggers.file",
        config: pack(FileAccessLogSchema, { path: file, accessLogFormat }),
      };
  }
}
