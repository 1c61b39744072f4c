/** AdmissionReview of admission.k8s.io/v1: what an API server asks before it stores an object, and how it is answered. */
import type { Operation } from "fast-json-patch";
import type { StatusCause } from "../../store/error.ts";
import type { KubeObject } from "../../store/object.ts";

export interface AdmissionRequest {
  uid: string;
  kind: { group: string; version: string; kind: string };
  operation: string;
  namespace: string;
  object: KubeObject;
  /** Before an update. */
  oldObject: KubeObject | undefined;
  dryRun: boolean;
}

export interface Verdict {
  /** Absent: it is allowed. */
  refusal?: { code: number; reason: string; message: string; causes?: readonly StatusCause[] };
  patch?: readonly Operation[];
  /** Shown by kubectl, whatever becomes of the object. */
  warnings?: readonly string[];
}

/** Undefined when it is not one, or says nothing that we can judge. */
export function readReview(body: unknown): AdmissionRequest | undefined {
  if (at(body, "apiVersion") !== "admission.k8s.io/v1" || at(body, "kind") !== "AdmissionReview") return undefined;
  const request = at(body, "request");
  const uid = at(request, "uid");
  const object = objectIn(at(request, "object"));
  if (typeof uid !== "string" || !object) return undefined;
  const kind = at(request, "kind");
  return {
    uid,
    kind: { group: text(at(kind, "group")), version: text(at(kind, "version")), kind: text(at(kind, "kind")) },
    operation: text(at(request, "operation")),
    // Where the object goes by the request's path: it may not say it itself.
    namespace: text(at(request, "namespace")),
    object,
    oldObject: objectIn(at(request, "oldObject")),
    dryRun: at(request, "dryRun") === true,
  };
}

/** Bounds of a message: API servers cut longer warnings, and clients show them on a terminal. */
const LONGEST_WARNING = 250;

export function answer({ uid, object, kind }: AdmissionRequest, { refusal, patch, warnings }: Verdict): object {
  const name = object.metadata.name || object.metadata.generateName || "";
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid,
      allowed: refusal === undefined,
      ...(refusal && {
        status: {
          status: "Failure",
          message: refusal.message,
          reason: refusal.reason,
          code: refusal.code,
          ...(refusal.causes && { details: { group: kind.group, kind: kind.kind, name, causes: refusal.causes } }),
        },
      }),
      ...(patch &&
        patch.length > 0 && {
          patchType: "JSONPatch",
          patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
        }),
      ...(warnings && warnings.length > 0 && { warnings: warnings.map((each) => each.slice(0, LONGEST_WARNING)) }),
    },
  };
}

function objectIn(value: unknown): KubeObject | undefined {
  const [apiVersion, kind, metadata] = [at(value, "apiVersion"), at(value, "kind"), at(value, "metadata")];
  const is = typeof apiVersion === "string" && typeof kind === "string" && typeof metadata === "object" && metadata;
  return is ? (value as KubeObject) : undefined;
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
