/** Bookinfo's details: what there is to know about a book. */
import { json, productId, serve } from "./lib/serve.ts";

serve("details", {
  "/health": () => json(200, { status: "Details is healthy" }),
  "/details/": (_request, url) => {
    const id = productId(url);
    if (id === undefined) return json(400, { error: "please provide numeric product id" });
    return json(200, {
      id,
      author: "William Shakespeare",
      year: 1595,
      type: "paperback",
      pages: 200,
      publisher: "PublisherA",
      language: "English",
      "ISBN-10": "1234567890",
      "ISBN-13": "123-1234567890",
    });
  },
});
