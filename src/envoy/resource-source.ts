/**
 * What the xDS server serves, as rows of the engine. The server knows proxies, streams, subscriptions and versions; it
 * does not know what a cluster is. `wire/` makes the rows, src/xds serves them, src/control-plane brings the two
 * together.
 */
import type { Resource, TypeUrl } from "./resource.ts";

/** A proxy as it introduced itself and was authenticated. */
export interface Peer {
  /** Envoy's node id, `sidecar~10.244.0.7~reviews-v1-abc.default~default.svc.cluster.local`. */
  id: string;
  type: "sidecar" | "router";
  /** From the authenticated token, never from what the proxy says. */
  namespace: string;
  pod: string;
  /** Tells a pod from an earlier one of its name; undefined where nobody says. */
  podUid?: string;
  serviceAccount: string;
  /** Envoy's node metadata, as sent: only for what is harmless when false. */
  metadata: Readonly<Record<string, unknown>>;
  envoyVersion: string;
}

/** What a proxy must hold without asking, by type: the resource's name and the key of its row. */
export interface View {
  /** Clients with the same scope see the same thing under a name asked for on demand. */
  scope: string;
  push: ReadonlyMap<TypeUrl, ReadonlyMap<string, string>>;
}

export interface SourceChanges {
  /** Proxies whose view changed. */
  views: ReadonlySet<string>;
  /** Keys of rows that came, changed or went, by type. */
  rows: ReadonlyMap<TypeUrl, ReadonlySet<string>>;
}

export interface ResourceSource {
  connect(proxy: Peer): void;
  disconnect(id: string): void;
  /** Undefined until the proxy's pod is known; the server then waits for a change. */
  view(id: string): View | undefined;
  /** The row that a proxy with this view sees under a name that it asks for. */
  keyOf(view: View, type: TypeUrl, name: string): string;
  /**
   * What a proxy says that it has under a name that it asks for, undefined: nothing. Called before the row is asked for
   * by `retain`, so that what is made for one proxy alone is not made for one that has it.
   */
  claim(type: TypeUrl, key: string, version: string | undefined): void;
  /** Whether a row is still being made, or need not be since the proxy has it: nothing is said of it until it comes. */
  awaits(type: TypeUrl, key: string): boolean;
  /** The row, computed if it is asked for by `retain`. Undefined: nothing of that name (yet). */
  resource(type: TypeUrl, key: string): Resource | undefined;
  /** Asks for rows: they are computed while at least one asks. Counted; synchronous. */
  retain(type: TypeUrl, keys: Iterable<string>): void;
  release(type: TypeUrl, keys: Iterable<string>): void;
  /** A proxy asked for a name that it had not been given: remembered for its siblings and successors. */
  used(id: string, type: TypeUrl, name: string): void;
  onChange(listener: (changes: SourceChanges) => void): () => void;
}
