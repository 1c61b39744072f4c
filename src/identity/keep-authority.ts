/** What the control plane that leads does for the CA: renews it before it ends, and goes on with rotations. */
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../store/error.ts";
import type { Store } from "../store/store.ts";
import { readSecret, SECRETS, SELF_SIGNED, secretOf, selfSignedOf } from "./authority-secret.ts";
import { type AuthoritySource, wanted } from "./authority-source.ts";
import { initialState, nextState, PERIODS, type Periods } from "./rotation.ts";
import { readState, writeState } from "./rotation-secret.ts";
import { createAuthority, renewed } from "./self-signed.ts";

/** On Secret istio-ca-secret, with the value `root`: make another root and go over to it. Taken away when that begins. */
const ROTATE = "lateen.dev/rotate";

export interface KeepAuthorityOptions {
  store: Store;
  namespace: string;
  trustDomain(): string;
  authority: AuthoritySource;
  /** When the oldest of the proxies that run was started, in Unix milliseconds; Infinity where there are none. */
  oldestProxy(): number;
  periods?: Periods;
  signal: AbortSignal;
  onError(error: unknown): void;
}

/** Between looks at whether the time has come for the next step. */
const LONGEST_PAUSE_MS = 10_000;

/** Resolves when `signal` has aborted and the last write is done. */
export async function keepAuthority(options: KeepAuthorityOptions): Promise<void> {
  const { authority, periods = PERIODS, signal, onError } = options;
  const everyMs = Math.min(LONGEST_PAUSE_MS, periods.spreadMs / 3);
  let wake = (): void => {};
  const forget = authority.onChange(() => wake());
  while (!signal.aborted) {
    const woken = new AbortController();
    wake = () => woken.abort();
    await renew(options).catch(onError);
    await step(options).catch(onError);
    await sleep(everyMs, undefined, { signal: AbortSignal.any([signal, woken.signal]), ref: false }).catch(() => {});
  }
  forget();
}

/** The CA made here, whether it issues or waits behind one that is plugged in, must not end. */
async function renew({ store, namespace, trustDomain }: KeepAuthorityOptions): Promise<void> {
  const secret = await readSecret(store, namespace, SELF_SIGNED);
  if (!secret) return;
  const { [ROTATE]: asked, ...annotations } = secret.metadata.annotations ?? {};
  const next =
    asked === "root" ? await createAuthority(trustDomain()) : await renewed(selfSignedOf(secret), trustDomain());
  if (!next) return;
  const { data } = secretOf(namespace, next);
  await store
    .update(SECRETS, { ...secret, metadata: { ...secret.metadata, annotations }, data: { ...secret.data, ...data } })
    .catch(unlessOvertaken);
}

async function step({ store, namespace, oldestProxy, periods = PERIODS }: KeepAuthorityOptions): Promise<void> {
  const source = await wanted(store, namespace);
  if (!source) return;
  const kept = await readState(store, namespace);
  const now = Date.now();
  const next = nextState(kept?.state ?? initialState(source), { source, now, periods, oldestProxy: oldestProxy() });
  if (next === kept?.state) return;
  await writeState(store, namespace, next, kept?.secret);
}

/** Whoever was faster has done the same, or something that is seen in the next turn. */
function unlessOvertaken(error: unknown): void {
  if (!(error instanceof StoreError && (error.reason === "Conflict" || error.reason === "NotFound"))) throw error;
}
