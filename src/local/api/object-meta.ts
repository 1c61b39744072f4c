/** The metadata of objects: what may stand in it, and how `kubectl explain` shows it. */
import { Type } from "typebox";
import { anything, bool, int, list, shape, text, textMap, texts } from "../../kinds/core/shape.ts";

const OwnerReference = shape(
  "OwnerReference",
  { apiVersion: text, kind: text, name: text, uid: text },
  { blockOwnerDeletion: bool, controller: bool },
);

export const ObjectMeta = Type.Object(
  shape(
    "ObjectMeta",
    {},
    {
      annotations: textMap,
      creationTimestamp: text,
      deletionGracePeriodSeconds: int,
      deletionTimestamp: text,
      finalizers: texts,
      generateName: text,
      generation: int,
      labels: textMap,
      managedFields: list(anything),
      name: text,
      namespace: text,
      ownerReferences: list(OwnerReference),
      resourceVersion: text,
      selfLink: text,
      uid: text,
    },
  ).properties,
);
