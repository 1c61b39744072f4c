/**
 * Templates of an installation's own: each is a piece of a pod, in YAML, that is laid over the pod. Istio's are programs
 * in Go's template language: those that are one in fact are refused, since nobody here could run them.
 */
import { Check, Errors } from "typebox/value";
import { parse } from "yaml";
import { type Pod, podKind } from "../../kinds/core/pod.ts";
import { PodSpec } from "../../kinds/core/pod-spec.ts";
import { type Fields, isFields } from "../../store/patch/json.ts";
import { patchObject } from "../../store/patch/patch-object.ts";
import { shapesOf } from "../../store/patch/shapes.ts";
import { InjectionError } from "./error.ts";

const TEMPLATES = "inject.istio.io/templates";
const SHAPES = shapesOf(podKind);

/** @param name Of the template, for errors. */
export function overlay(pod: Pod, text: string, name: string): Pod {
  if (text.includes("{{")) {
    throw new InjectionError(
      TEMPLATES,
      `template "${name}" of the installation is a program ({{ … }})`,
      "write plain YAML of what it is to add to a pod",
    );
  }
  const piece = pieceOf(text, name);
  const spec = isFields(piece.spec) ? { spec: withProxyInItsPlace(piece.spec, pod) } : {};
  const { metadata, ...made } = patchObject(pod, { type: "strategic", body: { ...piece, ...spec } }, SHAPES);
  const madeSpec = "spec" in made ? made.spec : undefined;
  if (Check(PodSpec, madeSpec)) return { ...pod, metadata, spec: madeSpec };
  const [first] = Errors(PodSpec, madeSpec);
  const what = `template "${name}" of the installation makes a pod that is none: ${first?.instancePath} ${first?.message}`;
  throw new InjectionError(TEMPLATES, what, "correct it in sidecarInjectorWebhook.templates");
}

function pieceOf(text: string, name: string): Fields {
  let piece: unknown;
  try {
    piece = parse(text);
  } catch (error) {
    throw new InjectionError(TEMPLATES, `template "${name}" is not YAML (${error})`, "correct it");
  }
  if (isFields(piece)) return piece;
  throw new InjectionError(TEMPLATES, `template "${name}" holds no object`, "write metadata: or spec: of a pod");
}

/** Who writes of a container `istio-proxy` means the proxy, in whichever list it is. */
function withProxyInItsPlace(spec: Fields, pod: Pod): Fields {
  const isProxy = (container: unknown): boolean => isFields(container) && container.name === "istio-proxy";
  const containers = Array.isArray(spec.containers) ? spec.containers : [];
  if (!containers.some(isProxy) || !pod.spec.initContainers?.some(isProxy)) return spec;
  const initContainers = Array.isArray(spec.initContainers) ? spec.initContainers : [];
  return {
    ...spec,
    containers: containers.filter((each) => !isProxy(each)),
    initContainers: [...initContainers, ...containers.filter(isProxy)],
  };
}
