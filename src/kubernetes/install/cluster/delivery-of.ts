import { version } from "../../../version.ts";
import type { Installation } from "../installation.ts";
import { manifestsOf } from "../manifests.ts";
import { type InstallationRequest, readInstallation } from "../read-installation.ts";
import type { Delivery } from "./delivery.ts";
import { recordOf } from "./record.ts";

/** What was asked for, rendered, with the record of the request. */
export function deliveryOf(request: InstallationRequest): { installation: Installation; delivery: Delivery } {
  const installation = readInstallation(request);
  const { namespace, revision } = installation;
  const record = recordOf({ namespace, revision, version: version(), request });
  return { installation, delivery: { namespace, revision, components: manifestsOf(installation), record } };
}
