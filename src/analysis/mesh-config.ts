import { parse } from "yaml";
import { configMapKind } from "../kinds/core/config-map.ts";
import { SYSTEM_NAMESPACE } from "../mesh/settings.ts";
import type { World } from "./world.ts";

/** The mesh's configuration as it was written; undefined where there is none, or it is not YAML. */
export function meshConfigOf({ find }: World): unknown {
  try {
    return parse(find(configMapKind, `${SYSTEM_NAMESPACE}/istio`)?.data?.mesh ?? "");
  } catch {
    return undefined;
  }
}
