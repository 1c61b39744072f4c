import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../error.ts";
import { type Connection, tokenFile } from "./connection.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The connection that Kubernetes gives to every pod. */
export async function inClusterConnection(
  env: NodeJS.ProcessEnv = process.env,
  directory: string = SERVICE_ACCOUNT,
): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    throw new StoreError(
      "ServiceUnavailable",
      "LTN1010: this process is not in a pod (KUBERNETES_SERVICE_HOST is not set); give it a kubeconfig",
    );
  }
  const literal = host.includes(":") ? `[${host}]` : host;
  return {
    server: new URL(`https://${literal}:${port}`),
    ca: await readFile(join(directory, "ca.crt"), "utf8"),
    token: tokenFile(join(directory, "token")),
  };
}
