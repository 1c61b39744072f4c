/** Who is asking. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { podKind } from "../../kinds/core/pod.ts";
import { serviceAccountKind } from "../../kinds/core/service-account.ts";
import type { KubeObject, ResourceType } from "../../store/object.ts";
import type { Store } from "../../store/store.ts";
import type { Credentials } from "./credentials.ts";
import type { User } from "./exchange.ts";
import { ISSUER, type ServiceAccountTokens } from "./service-account-tokens.ts";

export const ANONYMOUS: User = { username: "system:anonymous", groups: ["system:unauthenticated"] };
const ADMIN: User = { username: "lateen-admin", groups: ["system:masters", "system:authenticated"] };
const NODE: User = { username: "system:node:lateen", groups: ["system:nodes", "system:authenticated"] };

export interface Authenticator {
  /** Undefined: a token that is not valid here. */
  authenticate(authorization: string | undefined): Promise<User | undefined>;
  /** Whose token it is, and for which of the wanted audiences it was made. */
  review(token: string, audiences?: readonly string[]): Promise<{ user: User; audiences: string[] } | undefined>;
}

export function authenticator(store: Store, tokens: ServiceAccountTokens, known: Credentials): Authenticator {
  const review: Authenticator["review"] = async (token, wanted = [ISSUER]) => {
    if (same(token, known.admin)) return { user: ADMIN, audiences: [...wanted] };
    if (same(token, known.node)) return { user: NODE, audiences: [...wanted] };
    const subject = await tokens.verify(token);
    const audiences = subject?.audiences.filter((audience) => wanted.includes(audience)) ?? [];
    if (!subject || audiences.length === 0) return undefined;
    const { namespace, name, uid, bound } = subject;
    if (!(await lives(store, serviceAccountKind.type, namespace, name, uid))) return undefined;
    if (bound?.kind === "Pod" && !(await lives(store, podKind.type, namespace, bound.name, bound.uid)))
      return undefined;
    const user: User = {
      username: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [`JTI=${subject.id}`],
        ...(bound?.kind === "Pod" && {
          "authentication.kubernetes.io/pod-name": [bound.name],
          "authentication.kubernetes.io/pod-uid": [bound.uid],
        }),
      },
    };
    return { user, audiences };
  };
  return {
    review,
    async authenticate(authorization) {
      if (authorization === undefined) return ANONYMOUS;
      const token = /^Bearer\s+(.+)$/i.exec(authorization)?.[1];
      return token === undefined ? undefined : (await review(token))?.user;
    },
  };
}

async function lives(store: Store, type: ResourceType, namespace: string, name: string, uid: string): Promise<boolean> {
  const object = await store.get<KubeObject>(type, { namespace, name }).catch(() => undefined);
  return object?.metadata.uid === uid;
}

/** Compared by digest, so that the time taken tells nothing. */
function same(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** `kubectl --as`: what the request would be as somebody else's. */
export function impersonated(request: IncomingMessage): User | undefined {
  const username = request.headers["impersonate-user"];
  if (typeof username !== "string") return undefined;
  const groups = request.headersDistinct["impersonate-group"] ?? [];
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const own = namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return { username, groups: [...groups, ...own, "system:authenticated"] };
}
