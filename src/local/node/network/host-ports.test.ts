import assert from "node:assert/strict";
import { test } from "node:test";
import { wantedPorts } from "./host-ports.ts";
import type { ServiceState } from "./service-state.ts";

const service = (key: string, type: ServiceState["type"], port: number, nodePort?: number): ServiceState => ({
  key,
  type,
  clusterIPs: [],
  sticky: false,
  endpoints: [],
  ports: [{ name: "", protocol: "tcp", port, targets: [], ...(nodePort !== undefined && { nodePort }) }],
});

test("a load balancer is reached by its node port and by its own; a node port only by that", () => {
  const ports = wantedPorts([
    service("a/gateway", "LoadBalancer", 80, 30080),
    service("a/node", "NodePort", 81, 30081),
    service("a/inner", "ClusterIP", 82),
  ]);
  assert.deepEqual([...ports.keys()].sort(), [30080, 30081, 80]);
});

test("of two that want one number the first by name has it", () => {
  const ports = wantedPorts([service("b/two", "LoadBalancer", 80), service("a/one", "LoadBalancer", 80)]);
  assert.equal(ports.get(80)?.service, "a/one");
});
