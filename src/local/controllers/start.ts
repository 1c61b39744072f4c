/**
 * The controllers of the one-machine world, which on a cluster are Kubernetes' own: what an object asks for comes to
 * be, by watching and writing other objects. What they do not do: run pods (src/local/node), collect garbage (the
 * store), or know anything of the mesh.
 */
import type { Store } from "../../store/store.ts";
import { runDaemonSets } from "./daemon-set/controller.ts";
import { runDeployments } from "./deployment/controller.ts";
import { runEndpoints } from "./endpoints/controller.ts";
import { mirrorEndpoints } from "./endpoints/mirroring.ts";
import { expireEvents } from "./event-expiry.ts";
import { eventRecorder } from "./event-recorder.ts";
import { createNamespaces, NAMESPACES } from "./initial-objects.ts";
import { runJobs } from "./job/controller.ts";
import { provideNamespaceDefaults } from "./namespace-defaults.ts";
import { runReplicaSets } from "./replica-set/controller.ts";
import { runStatefulSets } from "./stateful-set/controller.ts";
import { queueFactory, viewsOf, type World } from "./world.ts";

export interface ControllerOptions {
  /** PEM of the CA of the API server's certificate: goes into every namespace's ConfigMap `kube-root-ca.crt`. */
  rootCertificate: string;
  /** Namespaces that there are from the start. Default: those of Kubernetes, and istio-system. */
  namespaces?: readonly string[];
  /** How long an event is kept after it was last seen. Default: an hour, as in Kubernetes. */
  eventTtlMs?: number;
  /** Called with what went wrong and will be tried again. Default: written to stderr. */
  report?(controller: string, key: string, error: unknown): void;
  now?(): Date;
}

const HOUR = 3_600_000;

/** Starts all controllers. Resolves when they have seen everything there is; they end when `signal` aborts. */
export async function startControllers(store: Store, options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const report = options.report ?? reportToStderr;
  const now = () => options.now?.() ?? new Date();
  await createNamespaces(store, options.namespaces ?? NAMESPACES);
  const views = viewsOf(store);
  const world: World = {
    ...views,
    now,
    recorder: eventRecorder(views.events, now, (error) => report("events", "", error)),
    queue: queueFactory(report, signal),
  };
  // Everything is seen before anything is done: who has seen half of the pods would make them again.
  await Promise.all(
    Object.values(views).map((objects) =>
      objects.follow((error) => report("watch", objects.type.plural, error), signal),
    ),
  );
  runDeployments(world);
  runReplicaSets(world);
  runStatefulSets(world);
  runDaemonSets(world);
  runJobs(world);
  runEndpoints(world);
  mirrorEndpoints(world);
  provideNamespaceDefaults(world, options.rootCertificate);
  expireEvents(world, options.eventTtlMs ?? HOUR);
  for (const objects of Object.values(views)) objects.replay();
}

function reportToStderr(controller: string, key: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${controller} ${key}: ${text}\n`);
}
