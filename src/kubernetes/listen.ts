import type { Server } from "node:net";
import { LateenError } from "../errors.ts";

/** Lets a server listen; resolves to its port, which is another one than asked for where that was 0. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        new LateenError("LTN3101", `Cannot listen on ${host}:${port}: ${error.message}`, "Free it or name another."),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}
