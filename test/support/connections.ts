import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** What comes back over a connection for one line. */
export function exchange(host: string, port: number, line: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host, port }, () => socket.write(line));
  socket.on("data", (data) => {
    resolve(String(data));
    socket.destroy();
  });
  socket.on("error", reject).on("close", () => reject(new Error("closed")));
  socket.setTimeout(10_000, () => socket.destroy());
  return promise;
}

/** The names in the certificate that a server shows. */
export function namesShown(options: ConnectionOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connectTls(options, () => resolve(socket.getPeerCertificate().subjectaltname ?? ""));
  socket.on("error", reject).on("close", () => reject(new Error("closed")));
  socket.setTimeout(10_000, () => socket.destroy());
  return promise.finally(() => socket.destroy());
}
