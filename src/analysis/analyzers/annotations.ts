import { deploymentKind } from "../../kinds/core/deployment.ts";
import { namespaceKind } from "../../kinds/core/namespace.ts";
import { podKind } from "../../kinds/core/pod.ts";
import { serviceKind } from "../../kinds/core/service.ts";
import { InjectionError } from "../../kubernetes/inject/error.ts";
import { inject } from "../../kubernetes/inject/inject.ts";
import { defaultInjectSettings } from "../../kubernetes/inject/settings.ts";
import type { KubeObject } from "../../store/object.ts";
import type { Analyzer } from "../analyzer.ts";
import { ISTIO_ANNOTATIONS } from "../istio-annotations.ts";
import type { Report } from "../messages.ts";
import type { Workload } from "../workloads.ts";

/** Set by what runs the mesh, never by its user. */
const OWN = new Set(["sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"]);

export const annotationsAnalyzer: Analyzer = {
  name: "annotations.K8sAnalyzer",
  description: "Checks that Istio's annotations are known, say what they can say, and are on the right kind of object",
  needs: [],
  analyze({ objects, workloads }, report) {
    for (const kind of [namespaceKind, serviceKind, deploymentKind]) {
      for (const object of objects<KubeObject>(kind)) {
        check(report, { object, at: "", kind: object.kind, ...object.metadata });
      }
    }
    for (const workload of workloads.all) {
      const { object, at, labels, annotations } = workload;
      const owned = object.metadata.ownerReferences?.some(({ controller }) => controller);
      // What made a pod is told of it, once for all its pods.
      if (object.kind === podKind.type.kind && owned) continue;
      check(report, { object, at, kind: "Pod", labels, annotations });
      checkValues(report, workload);
    }
  },
};

interface Annotated {
  object: KubeObject;
  at: string;
  /** What the annotations are on: the pods of a Deployment are not the Deployment. */
  kind: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

function check(report: Report, { object, at, kind, labels = {}, annotations = {} }: Annotated): void {
  for (const name of Object.keys(annotations)) {
    if (!isIstios(name) || OWN.has(name)) continue;
    const field = `${at}metadata.annotations[${name}]`;
    const known = ISTIO_ANNOTATIONS[name];
    if (!known) {
      report("UnknownAnnotation", object, field, `unknown annotation: ${name}`, "correct its name, or take it out");
      continue;
    }
    // Who has the label too keeps the annotation for older versions.
    if (known.deprecated && labels[name] === undefined) {
      const text = `annotation ${name} is deprecated and may not work in future versions`;
      report("DeprecatedAnnotation", object, field, text, known.instead ?? "take it out");
    }
    if (!known.on.includes("Any") && !known.on.includes(kind)) {
      const on = known.on.join(", ");
      const text = `annotation ${name} has no effect on a ${kind}: it is for ${on}`;
      const remedy =
        kind === "Deployment" && on === "Pod" ? "put it into spec.template.metadata.annotations" : "move it";
      report("MisplacedAnnotation", object, field, text, remedy);
    }
  }
}

/** Templates of the installation's own: analysis does not know them. */
const TEMPLATES = "inject.istio.io/templates";

/** The values are as they should be when injection can do what they say. */
function checkValues(report: Report, { object, at, namespace, labels, annotations, spec }: Workload): void {
  const { [TEMPLATES]: _, ...known } = annotations;
  if (!Object.keys(known).some(isIstios)) return;
  const { name } = object.metadata;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, labels, annotations: known }, spec };
  const namespaceLabels = { "istio-injection": "enabled" };
  try {
    inject(pod, { namespace, namespaceLabels, settings: defaultInjectSettings });
  } catch (error) {
    if (!(error instanceof InjectionError)) throw error;
    report("InvalidAnnotation", object, at + error.field, `invalid annotation: ${error.problem}`, error.remedy);
  }
}

function isIstios(annotation: string): boolean {
  const [prefix = "", name] = annotation.split("/", 2);
  return name !== undefined && (prefix === "istio.io" || prefix.endsWith(".istio.io"));
}
