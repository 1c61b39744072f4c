/** Bookinfo's page: asks details and reviews, and shows what they say. Its JSON API passes their answers on. */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { forwardHeaders } from "./lib/forward-headers.ts";
import { countResult, exposition } from "./lib/metrics.ts";
import { type Answer, bodyOf, html, json, serve } from "./lib/serve.ts";
import { endUserHeader, sessionCookie, userOf } from "./lib/session.ts";
import { ask, type Reply, type Upstream, upstream } from "./lib/upstream.ts";
import { indexPage } from "./page/index-page.ts";
import { productPage } from "./page/product-page.ts";

const details = upstream("details");
const reviews = upstream("reviews");
const ratings = upstream("ratings");
const TIMEOUT_MS = 3000;
const style = readFileSync(new URL("./page/bookstore.css", import.meta.url), "utf8");

const book = {
  id: 0,
  title: "The Comedy of Errors",
  description:
    "A man looks for his lost twin in a town where everybody takes him for that very twin; their servants are twins too. Shakespeare's shortest play, and all of it goes wrong in one day.",
};

serve("productpage", {
  "/": (request) => html(index(request)),
  "/index.html": (request) => html(index(request)),
  "/health": () => ({ status: 200, type: "text/plain", body: "Product page is healthy" }),
  "/metrics": () => ({ status: 200, type: "text/plain; version=0.0.4", body: exposition() }),
  "/static/bookstore.css": () => ({
    status: 200,
    type: "text/css",
    body: style,
    headers: { "cache-control": "max-age=60" },
  }),
  "/productpage": async (request) => {
    const headers = headersFor(request);
    const [detailsReply, reviewsReply] = await Promise.all([askDetails("0", headers), askReviews("0", headers)]);
    return html(productPage({ ...book, user: userOf(request), details: detailsReply, reviews: reviewsReply }));
  },
  "/login": async (request) => signIn(request, new URLSearchParams(await bodyOf(request)).get("username") ?? undefined),
  "/logout": (request) => signIn(request, undefined),
  "/api/v1/products": () =>
    json(200, [{ id: book.id, title: book.title, descriptionHtml: `<p>${book.description}</p>` }]),
  "/api/v1/products/": async (request, url) => {
    const [product = "", part, ...rest] = url.pathname.slice("/api/v1/products/".length).split("/");
    const asked = rest.length === 0 ? askPart(part) : undefined;
    if (asked === undefined) return json(404, { error: "not found" });
    const { status, body } = await asked(product, headersFor(request));
    return json(status, body);
  },
});

type Ask = (product: string, headers: Record<string, string>) => Promise<Reply>;

function askPart(part: string | undefined): Ask | undefined {
  switch (part) {
    case undefined:
    case "":
      return askDetails;
    case "reviews":
      return askReviews;
    case "ratings":
      return askRatings;
    default:
      return undefined;
  }
}

function askDetails(product: string, headers: Record<string, string>): Promise<Reply> {
  return askFor(details, product, headers);
}

function askRatings(product: string, headers: Record<string, string>): Promise<Reply> {
  return askFor(ratings, product, headers);
}

/**
 * Tries twice, 3 s each, while reviews v2 waits 10 s for the ratings: as in Istio's Bookinfo, the mismatch that the
 * fault injection task finds.
 */
async function askReviews(product: string, headers: Record<string, string>): Promise<Reply> {
  const first = await ask(reviews, product, headers, TIMEOUT_MS);
  return first.status === 200 ? counted(reviews, first) : askFor(reviews, product, headers);
}

async function askFor(to: Upstream, product: string, headers: Record<string, string>): Promise<Reply> {
  return counted(to, await ask(to, product, headers, TIMEOUT_MS));
}

function counted(to: Upstream, reply: Reply): Reply {
  const failed = reply.status !== 200 || reply.body === undefined;
  const status = reply.status === 0 || (failed && reply.status === 200) ? 500 : reply.status;
  countResult(to.path, status);
  if (!failed) return reply;
  const what = `product ${to.path}`;
  return { ...reply, status, body: { error: `Sorry, ${what} are currently unavailable for this book.` } };
}

/** The user comes from the session alone: a client cannot name another by sending the header itself. */
function headersFor(request: IncomingMessage): Record<string, string> {
  const { "end-user": _ignored, ...headers } = forwardHeaders(request);
  const user = userOf(request);
  return user === undefined ? headers : { ...headers, "end-user": endUserHeader(user) };
}

/** Back to where one came from, on this host. */
function signIn(request: IncomingMessage, user: string | undefined): Answer {
  const referrer = URL.parse(request.headers.referer ?? "");
  const location =
    referrer?.host === request.headers.host ? `${referrer?.pathname ?? ""}${referrer?.search ?? ""}` : "";
  return {
    status: 302,
    type: "text/plain",
    body: "",
    headers: {
      location: location.startsWith("//") || location === "" ? "/productpage" : location,
      "set-cookie": sessionCookie(user),
    },
  };
}

function index(request: IncomingMessage): string {
  return indexPage(userOf(request), {
    "productpage → details": details,
    "productpage → reviews": reviews,
    "reviews → ratings": ratings,
  });
}
