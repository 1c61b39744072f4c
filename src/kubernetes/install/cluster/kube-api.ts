import type { Http } from "../../../store/cluster/http.ts";
import type { Store } from "../../../store/store.ts";

/** The API of the cluster that is installed into: its objects, and what is not an object (its version, pods' logs). */
export interface KubeApi {
  store: Store;
  http: Pick<Http, "json" | "stream">;
}
