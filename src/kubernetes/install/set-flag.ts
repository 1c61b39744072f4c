import { LateenError } from "../../errors.ts";
import { isFields } from "../../store/patch/json.ts";
import { PathError, parsePath, withPath } from "./path.ts";
import type { Tree } from "./tree.ts";

/** `--set components.ingressGateways[0].k8s.replicaCount=2`: a copy of `spec` with the one field set. */
export function setFlag(spec: Tree, flag: string): Tree {
  const equals = flag.indexOf("=");
  if (equals <= 0) {
    throw new LateenError("LTN5301", `--set ${flag}: it is not of the form PATH=VALUE`, "As in --set profile=demo");
  }
  // Files begin with `spec`, flags do without; both are understood.
  const path = flag
    .slice(0, equals)
    .trim()
    .replace(/^spec\./, "");
  try {
    const set = withPath(spec, parsePath(path), valueIn(path, flag.slice(equals + 1).trim()));
    return isFields(set) ? set : spec;
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new LateenError(
      "LTN5302",
      `--set ${flag}: ${error.message}`,
      "Write it as in components.ingressGateways[0].enabled=true; `lateen profile dump` shows what there is.",
    );
  }
}

/** What looks like a number is text in these: `tag=1.10` is not 1.1. */
const ALWAYS_TEXT = /(^|\.)(tag|revision|defaultRevision|meshID|clusterName)$|(Annotations|env|[lL]abels?)\./;

function valueIn(path: string, text: string): unknown {
  if (ALWAYS_TEXT.test(path)) return text;
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return undefined;
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  const list = /^\{(.*)\}$/s.exec(text)?.[1];
  if (list !== undefined) return list === "" ? [] : list.split(",").map((item) => valueIn(path, item.trim()));
  return text.replaceAll("\\,", ",");
}
