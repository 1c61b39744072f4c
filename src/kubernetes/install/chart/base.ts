import { baseObjects } from "../base.ts";
import { BY_REVISION, byFlag, type Condition, variants } from "./variants.ts";

const CONDITIONS: readonly Condition[] = [
  BY_REVISION,
  byFlag("base", "enableIstioConfigCRDs"),
  {
    when: "and $.Values.defaultRevision $.Values.global.configValidation",
    yes: { global: { configValidation: true } },
    no: { global: { configValidation: false } },
  },
];

export const BASE_HEADER = `{{- $revision := $.Values.defaultRevision | default "default" }}
{{- $suffix := ternary "" (printf "-%s" $revision) (eq $revision "default") }}
`;

/** What all revisions share. The revision here is the one that validates objects that name none. */
export function baseTree(): unknown {
  return variants(CONDITIONS, {}, (installation) => {
    const values = { ...installation.values, defaultRevision: installation.revision };
    return baseObjects({ ...installation, values });
  });
}
