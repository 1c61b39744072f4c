import type { KubeObject, ResourceType } from "../store/object.ts";
import type { Store } from "../store/store.ts";

/** The status of a Kubernetes TokenReview. */
export interface TokenReviewStatus {
  authenticated?: boolean;
  error?: string;
  audiences?: readonly string[];
  user?: {
    username?: string;
    uid?: string;
    groups?: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Asks the API server whose token it is, and whether it was made for `audience`. */
export type ReviewToken = (token: string, audience: string) => Promise<TokenReviewStatus>;

interface TokenReview extends KubeObject {
  spec: { token: string; audiences: string[] };
  status?: TokenReviewStatus;
}

const TOKEN_REVIEWS: ResourceType = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "tokenreviews",
  kind: "TokenReview",
  namespaced: false,
};

export function reviewThrough(store: Store): ReviewToken {
  return async (token, audience) => {
    const review = await store.create<TokenReview>(TOKEN_REVIEWS, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: { name: "" },
      spec: { token, audiences: [audience] },
    });
    return review.status ?? {};
  };
}
