import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";

test("metrics are Prometheus' text: counters add up by their labels, gauges are what was measured last", () => {
  const metrics = new Metrics();
  metrics.count("pushes", "Responses sent.", { type: "Cluster" });
  metrics.count("pushes", "Responses sent.", { type: "Cluster" }, 2);
  metrics.count("pushes", "Responses sent.", { type: 'a"b' });
  metrics.set("proxies", "Connected.", 5);
  metrics.set("proxies", "Connected.", 3);
  assert.equal(
    metrics.text(),
    `# HELP pushes Responses sent.
# TYPE pushes counter
pushes{type="Cluster"} 3
pushes{type="a\\"b"} 1
# HELP proxies Connected.
# TYPE proxies gauge
proxies 3
`,
  );
});
