import type { Reply } from "../lib/upstream.ts";
import { frame } from "./frame.ts";
import { type Html, markup } from "./html.ts";

export interface PageInput {
  user: string | undefined;
  title: string;
  description: string;
  details: Reply;
  reviews: Reply;
}

/** The page of the one book that there is. Whatever part could not be had, the rest is shown. */
export function productPage({ user, title, description, details, reviews }: PageInput): string {
  return frame(
    user,
    markup`<section class="book">
${cover(title)}
<div>
<h1>${title}</h1>
<p class="lead">${description} <a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">More at Wikipedia</a></p>
${detailsPart(details)}
</div>
</section>
${reviewsPart(reviews)}`,
  );
}

function cover(title: string): Html {
  return markup`<div class="cover" aria-hidden="true"><svg viewBox="0 0 120 90"><circle cx="45" cy="45" r="26"/><circle cx="75" cy="45" r="26"/></svg>
<span>${title}</span><small>Shakespeare</small></div>`;
}

const DETAILS = ["author", "year", "publisher", "pages", "type", "language", "ISBN-10", "ISBN-13"];

function detailsPart({ status, body }: Reply): Html {
  const values = fields(body);
  if (status !== 200) {
    return failure("details", "Error fetching product details", text(values.error));
  }
  const rows = DETAILS.map((name) => markup`<div><dt>${name}</dt><dd>${text(values[name])}</dd></div>`);
  return markup`<h2>Book Details</h2><dl>${rows}</dl>`;
}

function reviewsPart(reply: Reply): Html {
  const values = fields(reply.body);
  if (reply.status !== 200) {
    return markup`<section class="reviews">${failure("reviews", "Error fetching product reviews", text(values.error))}</section>`;
  }
  const list = Array.isArray(values.reviews) ? values.reviews.map(fields) : [];
  return markup`<section class="reviews"><h2>Book Reviews</h2>
<div class="cards">${list.map(review)}</div>
${servedBy(values, list, reply.milliseconds)}</section>`;
}

function review(values: Fields): Html {
  return markup`<article>${rating(fields(values.rating))}
<blockquote>${text(values.text)}</blockquote>
<p class="by">${text(values.reviewer)}</p></article>`;
}

function rating(values: Fields): Html {
  if (values.error !== undefined) return markup`<p class="no-rating">${text(values.error)}</p>`;
  if (typeof values.stars !== "number") return markup`<p class="no-rating none">No rating</p>`;
  const full = Math.min(5, Math.max(0, Math.round(values.stars)));
  const stars = Array.from({ length: 5 }, (_, i) => (i < full ? STAR : HOLLOW_STAR));
  return markup`<p class="stars ${text(values.color)}" role="img" aria-label="${full} of 5 stars">${stars}</p>`;
}

// Scripts of Istio's users count stars by the name "glyphicon-star".
const STAR = markup`<svg class="glyphicon-star" viewBox="0 0 24 24"><path d="m12 1.8 3.2 6.6 7.2 1-5.2 5.1 1.2 7.2-6.4-3.4-6.4 3.4 1.2-7.2L1.6 9.4l7.2-1z"/></svg>`;
const HOLLOW_STAR = markup`<svg class="hollow" viewBox="0 0 24 24"><path d="m12 1.8 3.2 6.6 7.2 1-5.2 5.1 1.2 7.2-6.4-3.4-6.4 3.4 1.2-7.2L1.6 9.4l7.2-1z"/></svg>`;

/** Which pod answered: what the whole walk is about. The version is in a Deployment's pod name. */
function servedBy(values: Fields, list: Fields[], milliseconds: number): Html {
  const pod = text(values.podname);
  const cluster = text(values.clustername);
  const color = text(fields(list[0]?.rating).color);
  const version = /-(v\d+)(?:-|$)/.exec(pod)?.[1];
  return markup`<p class="served">Reviews served by:
${version === undefined ? undefined : markup`<span class="version ${color}">${version}</span>`}
<code>${pod}</code>${cluster === "null" || cluster === "" ? undefined : markup` on cluster <code>${cluster}</code>`}
<span class="took">${milliseconds} ms</span></p>`;
}

function failure(part: string, title: string, reason: string): Html {
  return markup`<div class="failure" role="alert" data-part="${part}"><h2>${title}</h2><p>${reason}</p></div>`;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
