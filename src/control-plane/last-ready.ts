import type { Input } from "../engine/input.ts";
import type { EndpointSliceObject } from "../mesh/kubernetes.ts";

/** Where objects are kept as they are said to be. */
export interface Rows<V> {
  set(key: string, value: V): void;
  delete(key: string): void;
}

export interface HoldOptions {
  signal: AbortSignal;
  /** Milliseconds. Default: 3,000. */
  holdMs?: number;
}

/**
 * A kubelet that restarts says of each of its pods, for a moment, that it is not ready. Where nobody else is left to
 * serve, whoever was ready a moment ago is better than nobody: the last ready endpoints of an EndpointSlice stay ready for
 * a while when all that is said of them is that they are not. Those that end or are gone do not, nor do some among others.
 */
export function holdLastReady(
  slices: Input<EndpointSliceObject>,
  { signal, holdMs = 3_000 }: HoldOptions,
): Rows<EndpointSliceObject> {
  const held = new Map<string, { said: EndpointSliceObject; timer: NodeJS.Timeout }>();
  const letGo = (key: string): void => {
    clearTimeout(held.get(key)?.timer);
    held.delete(key);
  };
  const hold = (key: string, said: EndpointSliceObject): void => {
    const known = held.get(key);
    if (known) known.said = said;
    else held.set(key, { said, timer: setTimeout(() => giveUp(key), holdMs) });
  };
  const giveUp = (key: string): void => {
    const last = held.get(key);
    held.delete(key);
    if (last) slices.set(key, last.said);
  };
  signal.addEventListener("abort", () => [...held.keys()].forEach(letGo), { once: true });
  return {
    set: (key, slice) => {
      const kept = withLastReady(slices.get(key), slice);
      if (kept) hold(key, slice);
      else letGo(key);
      slices.set(key, kept ?? slice);
    },
    delete: (key) => {
      letGo(key);
      slices.delete(key);
    },
  };
}

type SliceEndpoint = NonNullable<EndpointSliceObject["endpoints"]>[number];

/** The slice with those ready that were; undefined when somebody is ready anyhow, or nobody was who is still there. */
function withLastReady(
  before: EndpointSliceObject | undefined,
  slice: EndpointSliceObject,
): EndpointSliceObject | undefined {
  const { endpoints } = slice;
  if (!endpoints || endpoints.some(isReady)) return undefined;
  const ready = new Map(
    before?.endpoints?.filter(isReady).map((endpoint) => [identity(endpoint), endpoint.conditions]),
  );
  const kept = endpoints.map((endpoint) => {
    const conditions = endpoint.conditions?.terminating === true ? undefined : ready.get(identity(endpoint));
    return conditions ? { ...endpoint, conditions } : endpoint;
  });
  return kept.some(isReady) ? { ...slice, endpoints: kept } : undefined;
}

/** Nothing said is ready, as Kubernetes has it. */
function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false;
}

function identity({ addresses, targetRef }: SliceEndpoint): string {
  return JSON.stringify([addresses, targetRef?.namespace, targetRef?.name]);
}
