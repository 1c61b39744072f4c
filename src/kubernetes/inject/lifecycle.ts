/**
 * What a proxy's container does when it has started and when its pod is told to end. In bash, which speaks to Envoy's
 * admin port itself: the image needs no HTTP client.
 */
import { INBOUND_PORT, LEAVING } from "../../envoy/names.ts";
import type { Lifecycle } from "../../kinds/core/container.ts";

type Handler = NonNullable<Lifecycle["preStop"]>;

/** How long an application is held back at most: then its pod says that its proxy did not start, instead of nothing. */
const START_SECONDS = 120;

/** `ask METHOD PATH`: prints Envoy's answer. */
const ASK = `ask() {
  printf '%s %s HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' "$1" "$2" >&3
  while IFS= read -r line <&3; do printf '%s\\n' "$line"; done
}`;

/** Returns when the proxy serves: what the kubelet starts after this container finds it ready. */
export function waitUntilReady(): Handler {
  return bash(`${ASK}
while ! [[ $(ask GET /ready 2>&1 3<>/dev/tcp/127.0.0.1/15000) == "HTTP/1.1 200"* ]]; do
  (( SECONDS < ${START_SECONDS} )) || { echo "Envoy was not ready within ${START_SECONDS} s"; exit 1; }
  sleep 0.05
done 2>/dev/null`);
}

export interface Ending {
  type: "sidecar" | "router";
  /** How long the proxy stays for clients that have not heard yet. */
  drainMs: number;
}

/**
 * Runs when the pod is told to end, while the application still works: from then on Envoy asks clients to take their
 * connections elsewhere, serves those that it has, and says at once where the application takes no more. It stays
 * until clients have heard that this endpoint is gone; where none ever called, as in a Job, it need not.
 */
export function drain({ type, drainMs }: Ending): Handler {
  const listeners = type === "sidecar" ? "inboundonly&graceful&skip_exit" : "graceful&skip_exit";
  const unused = `listener.0.0.0.0_${INBOUND_PORT}.downstream_cx_total: 0`;
  return bash(`${ASK}
ask POST '/runtime_modify?${LEAVING}=100' 3<>/dev/tcp/127.0.0.1/15000
ask POST '/drain_listeners?${listeners}' 3<>/dev/tcp/127.0.0.1/15000
${type === "sidecar" ? `[[ $(ask GET /stats?filter=downstream_cx_total 3<>/dev/tcp/127.0.0.1/15000) == *"${unused}"* ]] ||` : ""} sleep ${drainMs / 1000}`);
}

function bash(script: string): Handler {
  return { exec: { command: ["bash", "-c", script] } };
}
