/** What the schema of a pod spec cannot say, in the words of Kubernetes. */
import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../kind.ts";
import type { Container } from "./container.ts";
import { isLabel, LABEL_RULE } from "./names.ts";
import type { PodSpec, PodTemplate } from "./pod-spec.ts";

export function podProblems(spec: PodSpec, path: string): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const volumes = new Set(spec.volumes?.map((volume) => volume.name));
  const lists = { initContainers: spec.initContainers ?? [], containers: spec.containers };
  for (const [list, containers] of Object.entries(lists)) {
    containers.forEach((container, i) => {
      const at = `${path}.${list}[${i}]`;
      if (seen.has(container.name)) {
        problems.push({ code: "LTN1102", field: `${at}.name`, message: "another container has this name" });
      }
      seen.add(container.name);
      problems.push(...containerProblems(container, at, volumes));
    });
  }
  const names = spec.volumes?.map((volume) => volume.name) ?? [];
  names.forEach((name, i) => {
    const field = `${path}.volumes[${i}].name`;
    if (names.indexOf(name) !== i) problems.push({ code: "LTN1102", field, message: "another volume has this name" });
    if (!isLabel(name)) problems.push({ code: "LTN1101", field, message: LABEL_RULE });
  });
  return problems;
}

function containerProblems(container: Container, at: string, volumes: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  if (!isLabel(container.name)) {
    problems.push({ code: "LTN1101", field: `${at}.name`, message: LABEL_RULE });
  }
  if (!container.image) {
    problems.push({
      code: "LTN1103",
      field: `${at}.image`,
      message: "a container needs an image",
      remedy: "name an image; `lateen image list` shows those of this machine",
    });
  }
  container.volumeMounts?.forEach((mount, i) => {
    if (volumes.has(mount.name)) return;
    problems.push({
      code: "LTN1104",
      field: `${at}.volumeMounts[${i}].name`,
      message: "the pod has no volume of this name",
    });
  });
  return problems;
}

/** The template of a Deployment and its like: its labels must match the selector. */
export function templateProblems(
  template: PodTemplate,
  selector: { matchLabels?: Record<string, string> } | undefined,
): Problem[] {
  const problems = template.spec ? podProblems(template.spec, "spec.template.spec") : [];
  const labels = template.metadata?.labels ?? {};
  const wanted = Object.entries(selector?.matchLabels ?? {});
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    problems.push({
      code: "LTN1105",
      field: "spec.template.metadata.labels",
      message: "`selector` does not match template `labels`",
      remedy: "give the template the labels of spec.selector.matchLabels",
    });
  }
  return problems;
}

/** Refuses another value of a field that is fixed for life. */
export function immutable(field: string, value: unknown, old: unknown): Problem[] {
  if (isDeepStrictEqual(value, old)) return [];
  return [{ code: "LTN1106", field, message: "field is immutable" }];
}

export function podChangeProblems(spec: PodSpec, old: PodSpec): Problem[] {
  if (isDeepStrictEqual(fixedPart(spec, old), fixedPart(old, old))) return [];
  return [
    {
      code: "LTN1107",
      field: "spec",
      message:
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
      remedy: "delete the pod and create it anew, or change the template of the Deployment that made it",
    },
  ];
}

/** A pod is bound to a node once; images may be exchanged. */
function fixedPart(spec: PodSpec, old: PodSpec): object {
  const { activeDeadlineSeconds, tolerations, schedulingGates, ephemeralContainers, ...rest } = spec;
  const withoutImage = (container: Container): object => ({ ...container, image: "" });
  return {
    ...rest,
    nodeName: old.nodeName === undefined ? undefined : spec.nodeName,
    containers: spec.containers.map(withoutImage),
    initContainers: spec.initContainers?.map(withoutImage),
  };
}
