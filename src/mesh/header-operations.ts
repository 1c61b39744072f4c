import type { HeaderOperationsSpec } from "../kinds/istio/virtual-service-schema.ts";
import type { HeaderOperations } from "./model.ts";

/** What is to be done to headers, without the pseudo headers that Envoy does not let anyone touch. */
export function headerOperations(spec: HeaderOperationsSpec | undefined): HeaderOperations | undefined {
  const operations = {
    set: withoutInternal(spec?.set),
    add: withoutInternal(spec?.add),
    remove: (spec?.remove ?? []).filter((name) => !isInternal(name)),
  };
  const nothing =
    operations.remove.length + Object.keys(operations.set).length + Object.keys(operations.add).length === 0;
  return nothing ? undefined : operations;
}

/** Setting `Host` or `:authority` is a rewrite of the authority. */
export function authorityOf(spec: HeaderOperationsSpec | undefined): string | undefined {
  const find = (headers: Record<string, string> | undefined): string | undefined =>
    Object.entries(headers ?? {}).find(([name]) => /^(:authority|host)$/i.test(name))?.[1];
  return find(spec?.set) ?? find(spec?.add);
}

function withoutInternal(headers: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !isInternal(name)));
}

function isInternal(name: string): boolean {
  return name.startsWith(":") || name.toLowerCase() === "host";
}
