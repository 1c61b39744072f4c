/** Where the control planes of a mesh keep which CA issues, and whom all trust: crashes and successors go on from it. */
import { StoreError } from "../store/error.ts";
import type { Store } from "../store/store.ts";
import type { AuthorityMaterial } from "./authority.ts";
import { readSecret, SECRETS, type SecretObject } from "./authority-secret.ts";
import type { RotationState, TrustedRoot } from "./rotation.ts";

export const ROTATION = "lateen-ca";
const KEY = "state.json";

export interface KeptState {
  state: RotationState;
  /** For who writes what follows: nobody else must have written meanwhile. */
  secret: SecretObject;
}

/** Undefined where there is none, or none that can be read: then what follows is as at the start. */
export async function readState(store: Store, namespace: string): Promise<KeptState | undefined> {
  const secret = await readSecret(store, namespace, ROTATION);
  const state = secret && stateIn(Buffer.from(secret.data?.[KEY] ?? "", "base64").toString("utf8"));
  return secret && state && { state, secret };
}

/** Resolves to whether it was written: another may have been faster. */
export async function writeState(
  store: Store,
  namespace: string,
  state: RotationState,
  over: SecretObject | undefined,
): Promise<boolean> {
  const data = { [KEY]: Buffer.from(JSON.stringify(state)).toString("base64") };
  try {
    if (over) await store.update(SECRETS, { ...over, data });
    else {
      const metadata = { name: ROTATION, namespace };
      await store.create<SecretObject>(SECRETS, {
        apiVersion: "v1",
        kind: "Secret",
        metadata,
        type: "lateen.dev/ca",
        data,
      });
    }
    return true;
  } catch (error) {
    if (error instanceof StoreError && (error.reason === "Conflict" || error.reason === "AlreadyExists")) return false;
    throw error;
  }
}

function stateIn(text: string): RotationState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const signing = materialIn(field(value, "signing"));
  const anchor = materialIn(field(value, "anchor"));
  const listed = field(value, "roots");
  const roots = Array.isArray(listed) ? listed.flatMap(rootIn) : [];
  return signing && anchor && roots.length > 0 ? { signing, anchor, roots } : undefined;
}

function materialIn(value: unknown): AuthorityMaterial | undefined {
  const [certificate, privateKey, chain, roots] = ["certificate", "privateKey", "chain", "roots"].map((name) =>
    field(value, name),
  );
  return typeof certificate === "string" &&
    typeof privateKey === "string" &&
    typeof chain === "string" &&
    typeof roots === "string"
    ? { certificate, privateKey, chain, roots }
    : undefined;
}

function rootIn(value: unknown): TrustedRoot[] {
  const [pem, since, until] = ["pem", "since", "until"].map((name) => field(value, name));
  if (typeof pem !== "string" || typeof since !== "number") return [];
  return [{ pem, since, ...(typeof until === "number" && { until }) }];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
