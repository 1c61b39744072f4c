import type { Upstream } from "../lib/upstream.ts";
import { frame } from "./frame.ts";
import { markup } from "./html.ts";

/** The front door: what calls what, and the way to the book. */
export function indexPage(user: string | undefined, upstreams: Record<string, Upstream>): string {
  const rows = Object.entries(upstreams).map(
    ([caller, { origin, path }]) => markup`<tr><td>${caller}</td><td><code>${origin}/${path}</code></td></tr>`,
  );
  return frame(
    user,
    markup`<section class="index"><h1>Hello! One book, four services.</h1>
<p class="lead">The page asks the others for what it shows:</p>
<table><thead><tr><th>Caller</th><th>Calls</th></tr></thead><tbody>${rows}</tbody></table>
<p><a class="button" href="/productpage?u=normal">To the book</a></p></section>`,
  );
}
