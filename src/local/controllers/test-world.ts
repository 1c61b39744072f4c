/** A world for tests: an empty store, the controllers, and a kubelet that only pretends. */
import { setTimeout as sleep } from "node:timers/promises";
import { coreKinds } from "../../kinds/core/index.ts";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { EmbeddedStore } from "../../store/embedded/embedded-store.ts";
import { StoreError } from "../../store/error.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import { type ControllerOptions, startControllers } from "./start.ts";
import { timestamp } from "./time.ts";

export interface TestWorld {
  store: Store;
  /** What controllers reported. */
  problems: string[];
  /** Pods whose name matches never become ready. */
  unready: Set<RegExp>;
  create<T extends KubeObject>(type: ResourceType, object: T): Promise<T>;
  /** Changes an object as a user would: on what it is now. */
  edit<T extends KubeObject>(type: ResourceType, name: string, change: (object: T) => T): Promise<T>;
  get<T extends KubeObject>(type: ResourceType, name: string): Promise<T>;
  list<T extends KubeObject>(type: ResourceType): Promise<T[]>;
  /** Asks again and again until something holds. Fails with what was last seen. */
  until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T>;
  end(): void;
}

export const NAMESPACE = "default";

export async function testWorld(options: Partial<ControllerOptions> = {}): Promise<TestWorld> {
  const store = new EmbeddedStore({ path: ":memory:", kinds: coreKinds });
  const ending = new AbortController();
  const problems: string[] = [];
  const unready = new Set<RegExp>();
  const report = (controller: string, key: string, error: unknown) => {
    problems.push(`${controller} ${key}: ${error instanceof Error ? error.stack : error}`);
  };
  await startControllers(store, { rootCertificate: "root", report, ...options }, ending.signal);
  void pretend(store, unready, ending.signal);

  const world: TestWorld = {
    store,
    problems,
    unready,
    create: (type, object) => store.create(type, object),
    get: (type, name) => store.get(type, { namespace: NAMESPACE, name }),
    async edit(type, name, change) {
      for (;;) {
        try {
          return await store.update(type, change(await world.get(type, name)));
        } catch (error) {
          if (!(error instanceof StoreError) || error.reason !== "Conflict") throw error;
        }
      }
    },
    async list<T extends KubeObject>(type: ResourceType) {
      return (await store.list<T>(type, { namespace: NAMESPACE })).items;
    },
    async until(ask, holds) {
      const deadline = Date.now() + 5000;
      for (;;) {
        const value = await ask();
        if (holds(value)) return value;
        if (Date.now() > deadline) {
          throw new Error(`still ${JSON.stringify(value, undefined, 1)}\n${problems.join("\n")}`);
        }
        await sleep(5);
      }
    },
    end() {
      ending.abort();
      store.close();
    },
  };
  return world;
}

/** Images of pods that end at once. */
const ENDS = new Map<string, "Succeeded" | "Failed">([
  ["exit:0", "Succeeded"],
  ["exit:1", "Failed"],
]);

/** Binds each pod, gives it an address, makes it ready; ends it when it is deleted. */
async function pretend(store: Store, unready: ReadonlySet<RegExp>, signal: AbortSignal): Promise<void> {
  let last = 0;
  const run = async (pod: Pod): Promise<void> => {
    const { namespace = "", name } = pod.metadata;
    if (pod.metadata.deletionTimestamp !== undefined) {
      await sleep(5);
      await store.delete(podKind.type, { namespace, name }, { gracePeriodSeconds: 0 });
      return;
    }
    if (!pod.spec.nodeName) {
      await store.update<Pod>(podKind.type, { ...pod, spec: { ...pod.spec, nodeName: "lateen" } });
      return;
    }
    if (pod.status?.podIP) return;
    const end = ENDS.get(pod.spec.containers[0]?.image ?? "");
    if (end) {
      const status = { ...pod.status, phase: end, podIP: "10.244.0.1" };
      await store.update<Pod>(podKind.type, { ...pod, status }, { subresource: "status" });
      return;
    }
    const ready = ![...unready].some((pattern) => pattern.test(name));
    const conditions = [
      {
        type: "Ready",
        status: ready ? ("True" as const) : ("False" as const),
        lastTransitionTime: timestamp(new Date()),
      },
    ];
    const status = { ...pod.status, phase: "Running" as const, podIP: `10.244.0.${++last + 1}`, conditions };
    await store.update<Pod>(podKind.type, { ...pod, status }, { subresource: "status" });
  };
  const { resourceVersion } = await store.list(podKind.type);
  for await (const event of store.watch<Pod>(podKind.type, { resourceVersion, signal })) {
    if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
    run(event.object).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
    });
  }
}
