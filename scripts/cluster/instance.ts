/** A cluster by its name: where it keeps what is its own. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { LateenError } from "../../src/errors.ts";

export const KUBERNETES_VERSION = "1.34.4";

/** Outside the checkout: what takes long to make outlives it. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "lateen");
export const BINARIES = join(CACHE, `kubernetes-v${KUBERNETES_VERSION}`);
const CLUSTERS = join(CACHE, "clusters");

export interface Instance {
  name: string;
  /** Its folder; all that follows is in it. */
  state: string;
  /** What the node sees as /var. */
  var: string;
  kubeconfig: string;
  /** Its group in every hierarchy of cgroups. */
  cgroup: string;
}

export function instance(name: string): Instance {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new LateenError(
      "LTN5501",
      `a cluster cannot be called "${name}"`,
      "Take up to 40 lower-case letters, digits and hyphens.",
    );
  }
  const state = join(CLUSTERS, name);
  return {
    name,
    state,
    var: join(state, "var"),
    kubeconfig: join(state, "kubeconfig"),
    cgroup: `lateen-${name}`,
  };
}

export function instances(): Instance[] {
  return existsSync(CLUSTERS) ? readdirSync(CLUSTERS).sort().map(instance) : [];
}
