import { toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { Resource } from "../../envoy/resource.ts";
import { Hub, type HubOptions } from "../hub.ts";
import { peer } from "./fake-proxy.ts";
import { FakeSource } from "./fake-source.ts";

export function resource(name: string, version: string): Resource {
  const body = toBinary(AnySchema, {
    $typeName: "google.protobuf.Any",
    typeUrl: "t",
    value: Buffer.from(`${name}${version}`),
  });
  return { name, version, body, origins: [{ kind: "Service", namespace: "default", name }] };
}

/** A hub over a source whose rows the test puts. Nothing lingers. */
export function world(options: HubOptions = {}) {
  const source = new FakeSource();
  const hub = new Hub(source, { lingerMs: 0, ...options });
  const put = (type: string, name: string, version?: string): void =>
    source.set(type, name, version === undefined ? undefined : resource(name, version));
  return { source, hub, put };
}

/** Of the proxy that `FakeProxy` is when the test does not say. */
export const ID = peer("a").id;
