import { LateenError } from "../errors.ts";
import type { Connection } from "../store/cluster/connection.ts";
import { StoreError } from "../store/error.ts";
import { getFromPod, type PodName } from "./port-forward.ts";

export const ADMIN_PORT = 15000;

/** What the admin interface of a pod's Envoy answers to GET `path`. */
export async function adminGet(connection: Connection, pod: PodName, path: string): Promise<string> {
  const { status, body } = await getFromPod(connection, pod, ADMIN_PORT, path).catch((error: unknown) => {
    throw unreachable(pod, error);
  });
  if (status !== 200) throw new Error(`Envoy answered ${status} to ${path}: ${body}`);
  return body;
}

function unreachable({ namespace, name }: PodName, error: unknown): LateenError {
  const why = error instanceof Error ? error.message : String(error);
  const message = `cannot reach the proxy of pod ${namespace}/${name}: ${why}`;
  const remedy =
    error instanceof StoreError && error.reason === "Forbidden"
      ? `Ask whoever runs the cluster for the right to get and create pods/portforward in namespace ${namespace}.`
      : "Is it running, and has it a sidecar? See lateen get pods -A.";
  return new LateenError("LTN5006", message, remedy);
}
