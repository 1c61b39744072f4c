/**
 * Bookinfo's ratings: stars by reviewer, kept in memory. SERVICE_VERSION chooses how well it works: `v1` does,
 * `v-faulty` answers 503 to half of the requests, `v-delayed` takes 7 s for half of them, `v-unavailable` is away every
 * other minute, `v-unhealthy` every other quarter of an hour and fails its health check then.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { bodyOf, json, productId, serve } from "./lib/serve.ts";

const version = process.env.SERVICE_VERSION ?? "v1";
const posted = new Map<number, unknown>();
const started = Date.now();
const MINUTE = 60_000;

serve("ratings", {
  "/health": () =>
    version === "v-unhealthy" && away(15 * MINUTE)
      ? json(500, { status: "Ratings is not healthy" })
      : json(200, { status: "Ratings is healthy" }),
  "/ratings/": async (request, url) => {
    const id = productId(url);
    if (id === undefined) return json(400, { error: "please provide numeric product ID" });
    if (request.method === "POST") {
      const ratings = parsed(await bodyOf(request));
      if (ratings === undefined) return json(400, { error: "please provide valid ratings JSON" });
      posted.set(id, ratings);
    } else {
      if (unavailable()) return json(503, { error: "Service unavailable" });
      if (version === "v-delayed" && Math.random() < 0.5) await sleep(7000);
    }
    return json(200, { id, ratings: posted.get(id) ?? { Reviewer1: 5, Reviewer2: 4 } });
  },
});

function unavailable(): boolean {
  switch (version) {
    case "v-faulty":
      return Math.random() < 0.5;
    case "v-unavailable":
      return away(MINUTE);
    case "v-unhealthy":
      return away(15 * MINUTE);
    default:
      return false;
  }
}

function away(period: number): boolean {
  return Math.floor((Date.now() - started) / period) % 2 === 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
