/**
 * Bookinfo's reviews. ENABLE_RATINGS and STAR_COLOR make the three versions: v1 without ratings, v2 with black stars,
 * v3 with red ones.
 */
import { hostname } from "node:os";
import { forwardHeaders } from "./lib/forward-headers.ts";
import { json, productId, serve } from "./lib/serve.ts";
import { ask, upstream } from "./lib/upstream.ts";

const enabled = process.env.ENABLE_RATINGS === "true";
const color = process.env.STAR_COLOR ?? "black";
const ratings = upstream("ratings");

/**
 * v2 waits longer than the page waits for the reviews. That is wrong on purpose, as in Istio's Bookinfo: an injected
 * delay of 7 s, which v2 would bear, brings the mistake to light.
 */
const RATINGS_TIMEOUT_MS = color === "black" ? 10_000 : 2_500;

const TEXTS = {
  Reviewer1: "Two pairs of twins, one very confused town. I laughed from the first beating to the last embrace!",
  Reviewer2: "Short, fast and silly. Whoever looks for the depth of the later plays will not find it here.",
};

serve("reviews", {
  "/health": () => json(200, { status: "Reviews is healthy" }),
  "/reviews/": async (request, url) => {
    const id = productId(url);
    if (id === undefined) return json(400, { error: "please provide numeric product id" });
    const stars = enabled ? await starsOf(id, forwardHeaders(request)) : {};
    return json(200, {
      id: String(id),
      podname: process.env.HOSTNAME ?? hostname(),
      // The word, not the JSON value: it is what the clients of Bookinfo's API get.
      clustername: process.env.CLUSTER_NAME ?? "null",
      reviews: Object.entries(TEXTS).map(([reviewer, text]) => ({
        reviewer,
        text,
        ...(enabled ? { rating: rating(stars[reviewer]) } : {}),
      })),
    });
  },
});

async function starsOf(id: number, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const { status, body } = await ask(ratings, String(id), headers, RATINGS_TIMEOUT_MS);
  if (status !== 200) console.error(`${ratings.origin} answered with status ${status}`);
  return status === 200 ? fields(fields(body).ratings) : {};
}

function rating(stars: unknown): { stars: number; color: string } | { error: string } {
  return typeof stars === "number" ? { stars, color } : { error: "Ratings service is currently unavailable" };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
