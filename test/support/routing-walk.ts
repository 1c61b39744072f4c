/**
 * The routing steps of the walk-through, as its reader does them with kubectl, on a world in which Bookinfo runs, under
 * constant load through its gateway. Every step must take effect in real Envoys, and not one request may fail because of
 * a step.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventuallyOnly, signIn, versionsSeen } from "./bookinfo.ts";
import { eventually } from "./eventually.ts";
import { get, type Load, startLoad } from "./load.ts";
import type { TestWorld } from "./world.ts";

const SAMPLES = "samples/bookinfo";

/** Declares the tests; the world is there and Bookinfo runs in it when they start. */
export function routingWalk(world: TestWorld): void {
  describe("routing", () => routingSteps(world));
}

function routingSteps(world: TestWorld): void {
  let url = "";
  before(async () => {
    url = await world.bookinfo();
  });

  test("the walk's exec reaches the page from a pod, by its short name", async () => {
    const pod = await world.kubectl("get", "pod", "-l", "app=ratings", "-o", "jsonpath={.items[0].metadata.name}");
    const page = await world.kubectl("exec", pod, "-c", "ratings", "--", "curl", "-sS", "productpage:9080/productpage");
    assert.match(page, /<title>Simple Bookstore App<\/title>/);
  });

  describe("by networking.istio.io", () => {
    let load: Load;
    after(() => load.stop());
    before(async () => {
      load = startLoad(`${url}/productpage`);
    });

    const step = async (name: string, ...kubectl: string[]): Promise<void> => {
      load.step(name);
      await world.kubectl(...kubectl);
    };
    const apply = (file: string): Promise<void> => step(file, "apply", "-f", `${SAMPLES}/${file}`);
    const remove = (file: string): Promise<void> => step(`no ${file}`, "delete", "-f", `${SAMPLES}/${file}`);

    test("without rules all three versions answer", () => eventuallyOnly(url, ["v1", "v2", "v3"]));

    test("Gateway and VirtualService open the istio-ingressgateway", async () => {
      await apply("networking/bookinfo-gateway.yaml");
      const classic = await world.gateway("istio-ingressgateway");
      await eventually(async () => {
        const page = await get(`${classic}/productpage`);
        assert.equal(page.status, 200);
        assert.match(page.body, /Simple Bookstore App/);
      });
      const elsewhere = await get(`${classic}/elsewhere`);
      assert.equal(elsewhere.status, 404);
      assert.match(await world.kubectl("get", "gateway.networking.istio.io"), /bookinfo-gateway/);
      assert.match(await world.kubectl("get", "vs"), /bookinfo .*\["bookinfo-gateway"\].*\["\*"\]/);
    });

    test("all to v1", async () => {
      await apply("networking/destination-rule-all.yaml");
      await apply("networking/virtual-service-all-v1.yaml");
      await eventuallyOnly(url, ["v1"]);
      await remove("networking/virtual-service-all-v1.yaml");
      await eventuallyOnly(url, ["v1", "v2", "v3"]);
    });

    test("all to v3", async () => {
      await apply("networking/virtual-service-reviews-v3.yaml");
      await eventuallyOnly(url, ["v3"]);
      await remove("networking/virtual-service-reviews-v3.yaml");
      await eventuallyOnly(url, ["v1", "v2", "v3"]);
    });

    test("80/20 is 80/20", async () => {
      await apply("networking/virtual-service-reviews-80-20.yaml");
      await eventuallyOnly(url, ["v1", "v2"]);
      const seen = await versionsSeen(url, 1000);
      // 99.9 % of binomial draws of 1,000 with p = 0.2 lie within 3.29 standard deviations of 12.65
      assert.ok(Math.abs(seen.v2 - 200) <= 42, JSON.stringify(seen));
      assert.equal(seen.v3, 0);
      await remove("networking/virtual-service-reviews-80-20.yaml");
    });

    test("jason sees v2, others v1", async () => {
      await apply("networking/virtual-service-reviews-test-v2.yaml");
      const jason = await signIn(url, "jason");
      await eventuallyOnly(url, ["v1"]);
      await eventuallyOnly(url, ["v2"], jason);
      await eventuallyOnly(url, ["v1"], await signIn(url, "somebody"));
    });

    test("a fault for jason alone, and back", async () => {
      const jason = await signIn(url, "jason");
      await apply("networking/virtual-service-ratings-test-abort.yaml");
      await eventually(async () => {
        const { body } = await get(`${url}/productpage`, { headers: { cookie: jason } });
        assert.match(body, /Ratings service is currently unavailable/);
      });
      await remove("networking/virtual-service-ratings-test-abort.yaml");
      await eventually(async () => {
        const { body } = await get(`${url}/productpage`, { headers: { cookie: jason } });
        assert.doesNotMatch(body, /currently unavailable/);
      });
      await apply("networking/virtual-service-ratings-test-delay.yaml");
      await eventually(async () => {
        const { body } = await get(`${url}/productpage`, { headers: { cookie: jason } });
        assert.match(body, /product reviews are currently unavailable/);
      });
      await remove("networking/virtual-service-ratings-test-delay.yaml");
      await remove("networking/virtual-service-reviews-test-v2.yaml");
      await remove("networking/destination-rule-all.yaml");
      await eventuallyOnly(url, ["v1", "v2", "v3"]);
    });

    test("not one request failed", async (context) => {
      const { requests, failures } = await load.stop();
      context.diagnostic(`${requests} requests, ${failures.length} failed`);
      assert.deepEqual(failures.slice(0, 10), []);
      assert.ok(requests > 500);
    });
  });

  describe("by the Gateway API", () => {
    let load: Load;
    after(() => load.stop());
    before(async () => {
      await world.kubectl("apply", "-f", `${SAMPLES}/platform/kube/bookinfo-versions.yaml`);
      load = startLoad(`${url}/productpage`);
    });

    const apply = async (file: string): Promise<void> => {
      load.step(file);
      await world.kubectl("apply", "-f", `${SAMPLES}/gateway-api/${file}`);
    };

    test("the Gateway is programmed, with an address and its route attached", async () => {
      const gateway = JSON.parse(await world.kubectl("get", "gateway", "bookinfo-gateway", "-o", "json"));
      const conditions = Object.fromEntries(
        gateway.status.conditions.map(({ type, status }: { type: string; status: string }) => [type, status]),
      );
      assert.equal(conditions.Accepted, "True");
      assert.equal(conditions.Programmed, "True");
      assert.ok(gateway.status.addresses.length > 0);
      assert.equal(gateway.status.listeners[0].attachedRoutes, 1);
      assert.match(await world.kubectl("get", "gatewayclass"), /istio\s+istio.io\/gateway-controller\s+True/);
    });

    test("all to v1, to v3, 80/20, and jason to v2", async () => {
      await apply("route-all-v1.yaml");
      await eventuallyOnly(url, ["v1"]);
      await apply("route-reviews-v3.yaml");
      await eventuallyOnly(url, ["v3"]);
      await apply("route-reviews-80-20.yaml");
      await eventuallyOnly(url, ["v1", "v2"]);
      const seen = await versionsSeen(url, 1000);
      assert.ok(Math.abs(seen.v2 - 200) <= 42, JSON.stringify(seen));
      await apply("route-reviews-test-v2.yaml");
      await eventuallyOnly(url, ["v1"]);
      await eventuallyOnly(url, ["v2"], await signIn(url, "jason"));
      load.step("no routes");
      await world.kubectl("delete", "-f", `${SAMPLES}/gateway-api/route-all-v1.yaml`);
      await eventuallyOnly(url, ["v1", "v2", "v3"]);
    });

    test("not one request failed", async (context) => {
      const { requests, failures } = await load.stop();
      context.diagnostic(`${requests} requests, ${failures.length} failed`);
      assert.deepEqual(failures.slice(0, 10), []);
    });
  });
}
