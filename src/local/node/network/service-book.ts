/** The state of every Service, kept up to date from Services and EndpointSlices; unchanged ones keep their identity. */
import { isDeepStrictEqual } from "node:util";
import type { EndpointSlice, Service } from "../resources.ts";
import { SERVICE_LABEL, type ServiceState, serviceState } from "./service-state.ts";

export class ServiceBook {
  readonly states = new Map<string, ServiceState>();
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #serviceOfSlice = new Map<string, string>();

  /** Takes in what changed; returns whether any state did. Undefined objects are gone. */
  update(
    services: Iterable<string>,
    slices: Iterable<readonly [key: string, slice: EndpointSlice | undefined]>,
    service: (key: string) => Service | undefined,
  ): boolean {
    const touched = new Set<string>();
    for (const key of services) touched.add(key);
    for (const [key, slice] of slices) {
      const before = this.#serviceOfSlice.get(key);
      if (before !== undefined) {
        this.#slices.get(before)?.delete(key);
        touched.add(before);
      }
      const name = slice?.metadata.labels?.[SERVICE_LABEL];
      if (!slice || name === undefined) {
        this.#serviceOfSlice.delete(key);
        continue;
      }
      const owner = `${slice.metadata.namespace}/${name}`;
      const known = this.#slices.get(owner) ?? new Map<string, EndpointSlice>();
      this.#slices.set(owner, known.set(key, slice));
      this.#serviceOfSlice.set(key, owner);
      touched.add(owner);
    }
    let changed = false;
    for (const key of touched) {
      const object = service(key);
      const before = this.states.get(key);
      if (!object) {
        changed = this.states.delete(key) || changed;
        continue;
      }
      const state = serviceState(object, [...(this.#slices.get(key)?.values() ?? [])]);
      if (isDeepStrictEqual(before, state)) continue;
      this.states.set(key, state);
      changed = true;
    }
    return changed;
  }
}
