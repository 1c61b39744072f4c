import type { Resource, TypeUrl } from "../../envoy/resource.ts";
import type { Peer, ResourceSource, SourceChanges, View } from "../../envoy/resource-source.ts";

/** A source whose rows and views a test sets by hand. Counts what is retained, and records what is used. */
export class FakeSource implements ResourceSource {
  readonly connected = new Map<string, Peer>();
  readonly usedNames: string[] = [];
  readonly claims: string[] = [];
  /** Keys of rows that are still being made. */
  readonly awaited = new Set<string>();
  readonly #rows = new Map<TypeUrl, Map<string, Resource>>();
  readonly #views = new Map<string, View>();
  readonly #retained = new Map<string, number>();
  readonly #listeners = new Set<(changes: SourceChanges) => void>();
  #batch: { views: Set<string>; rows: Map<TypeUrl, Set<string>> } | undefined;
  /** Aliases: the key of a name that is not its own key. */
  readonly aliases = new Map<string, string>();
  /** The view of proxies that have none of their own. */
  defaultView: View | undefined;

  connect(proxy: Peer): void {
    this.connected.set(proxy.id, proxy);
  }

  disconnect(id: string): void {
    this.connected.delete(id);
  }

  view(id: string): View | undefined {
    return this.#views.get(id) ?? this.defaultView;
  }

  keyOf(_view: View, _type: TypeUrl, name: string): string {
    return this.aliases.get(name) ?? name;
  }

  claim(type: TypeUrl, key: string, version: string | undefined): void {
    this.claims.push(`${type} ${key} ${version}`);
  }

  awaits(_type: TypeUrl, key: string): boolean {
    return this.awaited.has(key);
  }

  resource(type: TypeUrl, key: string): Resource | undefined {
    return this.#rows.get(type)?.get(key);
  }

  retain(type: TypeUrl, keys: Iterable<string>): void {
    for (const key of keys) this.#retained.set(`${type} ${key}`, this.retained(type, key) + 1);
  }

  release(type: TypeUrl, keys: Iterable<string>): void {
    for (const key of keys) this.#retained.set(`${type} ${key}`, this.retained(type, key) - 1);
  }

  used(_id: string, _type: TypeUrl, name: string): void {
    this.usedNames.push(name);
  }

  onChange(listener: (changes: SourceChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  retained(type: TypeUrl, key: string): number {
    return this.#retained.get(`${type} ${key}`) ?? 0;
  }

  retainedRows(): number {
    return [...this.#retained.values()].filter((count) => count !== 0).length;
  }

  set(type: TypeUrl, key: string, resource: Resource | undefined): void {
    this.batch((changed) => {
      const rows = this.#rows.get(type) ?? new Map<string, Resource>();
      this.#rows.set(type, rows);
      if (resource) rows.set(key, resource);
      else rows.delete(key);
      const keys = changed.rows.get(type) ?? new Set();
      changed.rows.set(type, keys.add(key));
    });
  }

  setView(id: string, view: View | undefined): void {
    this.batch((changed) => {
      if (view) this.#views.set(id, view);
      else this.#views.delete(id);
      changed.views.add(id);
    });
  }

  /** Several changes as one. */
  batch(change: (changed: { views: Set<string>; rows: Map<TypeUrl, Set<string>> }) => void): void {
    if (this.#batch) {
      change(this.#batch);
      return;
    }
    const batch = { views: new Set<string>(), rows: new Map<TypeUrl, Set<string>>() };
    this.#batch = batch;
    try {
      change(batch);
    } finally {
      this.#batch = undefined;
    }
    for (const listener of this.#listeners) listener(batch);
  }
}

/** A view that pushes these names under keys of the same name. */
export function pushing(names: Readonly<Record<TypeUrl, readonly string[]>>): View {
  const push = Object.entries(names).map(
    ([type, list]) => [type, new Map(list.map((name) => [name, name] as const))] as const,
  );
  return { scope: "test", push: new Map(push) };
}
