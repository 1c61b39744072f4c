import type { ServerTls } from "../clusters/transport-sockets.ts";

/** For tests: no mutual TLS where no policy asks for it. */
export const NO_MESH: ServerTls = {
  trustDomains: ["cluster.local"],
  minVersion: "TLSV1_3",
  cipherSuites: [],
  names: [],
  auto: "None",
};
