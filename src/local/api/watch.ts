/** Watches: one JSON event per line, for as long as both sides want. */
import { once } from "node:events";
import { apiVersionOf, type KubeObject } from "../../store/object.ts";
import type { Backend } from "./backend.ts";
import type { ServedResource } from "./catalog.ts";
import type { Exchange } from "./exchange.ts";
import { listOptions, number } from "./parameters.ts";
import { presenter } from "./present.ts";
import { isTrue, type ResourceRequest } from "./request-info.ts";
import { failure } from "./status.ts";

/** Kubernetes closes watches after 30 to 60 minutes; clients then go on where they were. */
const LONGEST_SECONDS = 3600;

export async function watchResource(
  backend: Backend,
  resource: ServedResource,
  info: ResourceRequest,
  exchange: Exchange,
  closing: AbortSignal,
): Promise<void> {
  const { response, url } = exchange;
  const query = url.searchParams;
  const { limit: _, continue: __, ...selected } = listOptions(url, info);
  const seconds = Math.min(number(query, "timeoutSeconds") || LONGEST_SECONDS, LONGEST_SECONDS);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing, AbortSignal.timeout(seconds * 1000)]);
  const present = presenter(resource, exchange.accepted, url);
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const write = async (event: object): Promise<void> => {
    if (response.write(`${JSON.stringify(event)}\n`) || signal.aborted) return;
    await once(response, "drain", { signal }).catch(() => undefined);
  };
  const bookmark = (resourceVersion: string, annotations?: Record<string, string>): object => {
    const metadata = { name: "", resourceVersion, ...(annotations && { annotations }) };
    const object: KubeObject = { kind: resource.type.kind, apiVersion: apiVersionOf(resource.type), metadata };
    return { type: "BOOKMARK", object };
  };
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  try {
    let resourceVersion = query.get("resourceVersion") ?? "";
    if (isTrue(query.get("sendInitialEvents"))) {
      const list = await backend.list(resource.type, selected);
      for (const object of list.items) await write({ type: "ADDED", object: present.one(object) });
      resourceVersion = list.resourceVersion;
      if (bookmarks) await write(bookmark(resourceVersion, { "k8s.io/initial-events-end": "true" }));
    }
    for await (const event of backend.watch(resource.type, { ...selected, resourceVersion, signal })) {
      if (event.type !== "BOOKMARK") await write({ type: event.type, object: present.one(event.object) });
      else if (bookmarks) await write(bookmark(event.resourceVersion));
    }
  } catch (error) {
    if (!signal.aborted) await write({ type: "ERROR", object: failure(error) });
  }
  response.end();
}
