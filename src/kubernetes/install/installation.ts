import type { Components } from "./operator-schema.ts";
import type { Tree } from "./tree.ts";
import type { Values } from "./values-schema.ts";

/** What is to be installed, with profile, files and `--set` merged and every default in its place. */
export interface Installation {
  profile: string;
  /** "default" unless another is named. */
  revision: string;
  namespace: string;
  hub: string;
  tag: string;
  components: Components;
  /** MeshConfig as it goes into ConfigMap `istio`. */
  meshConfig: Tree;
  values: Values;
  /** What was written and does nothing here: to be shown to who installs. */
  warnings: readonly Notice[];
}

/** Something about a field that was written, such as `spec.values.global.jwtPolicy`. */
export interface Notice {
  field: string;
  message: string;
}
