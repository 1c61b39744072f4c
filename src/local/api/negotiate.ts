/** Which form of an answer a client asks for in its Accept header. */

export interface Accepted {
  /** `meta.k8s.io/v1` Table, PartialObjectMetadata and the like: undefined for the object itself. */
  as: string | undefined;
  group: string | undefined;
  version: string | undefined;
  yaml: boolean;
}

const AS_IT_IS: Accepted = { as: undefined, group: undefined, version: undefined, yaml: false };

/** The forms that we can give, best first; empty when there is none, as for a client that takes protobuf only. */
export function accepted(header: string | undefined): Accepted[] {
  if (!header) return [AS_IT_IS];
  return header.split(",").flatMap((one): Accepted[] => {
    const [type = "", ...parameters] = one.split(";").map((part) => part.trim());
    const parameter = (name: string): string | undefined =>
      parameters.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
    if (type === "application/yaml") return [{ ...AS_IT_IS, yaml: true }];
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") return [];
    return [{ as: parameter("as"), group: parameter("g"), version: parameter("v"), yaml: false }];
  });
}
