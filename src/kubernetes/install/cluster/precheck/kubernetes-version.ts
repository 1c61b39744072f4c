import { LateenError } from "../../../../errors.ts";
import { isFields } from "../../../../store/patch/json.ts";
import { error, type Finding, note } from "../finding.ts";
import type { KubeApi } from "../kube-api.ts";

/** Sidecars are init containers that go on (restartPolicy Always): on by default since then. */
const MINOR = 29;

export async function kubernetesVersion({ http }: KubeApi): Promise<string> {
  const answer = await http.json({ method: "GET", path: "/version" });
  if (isFields(answer) && typeof answer.gitVersion === "string") return answer.gitVersion;
  throw new LateenError(
    "LTN5341",
    "what answers there is no Kubernetes API: it does not tell its version",
    "See that the kubeconfig names a Kubernetes API: kubectl version",
  );
}

/** A world of lateen up, whose mesh is built in. */
export function isOneMachine(version: string): boolean {
  return version.endsWith("+lateen");
}

export function checkVersion(version: string): Finding[] {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === "") {
    return [
      note("LTN5340", `the version of Kubernetes, ${version}, is not understood`, `It must be 1.${MINOR} or later.`),
    ];
  }
  if (Number(major) > 1 || Number(minor) >= MINOR) return [];
  const found = error(
    "LTN5340",
    `Kubernetes ${version} is too old: sidecars need 1.${MINOR} or later`,
    "Upgrade the cluster. --force installs all the same, and pods with sidecars will not start.",
  );
  return [{ ...found, forcible: true }];
}
