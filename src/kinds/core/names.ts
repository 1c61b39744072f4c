/** The forms of names that Kubernetes accepts. */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A DNS label: at most 63 characters. */
export function isLabel(name: string): boolean {
  return name.length <= 63 && LABEL.test(name);
}

export const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
