import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";

const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

interface Service {
  child: ChildProcess;
  port: number;
  url: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function start(name: string, env: Record<string, string> = {}): Promise<Service> {
  const port = await freePort();
  const program = new URL(`${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [program, String(port)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  await once(child.stdout, "data");
  child.stdout.resume();
  return { child, port, url: `http://127.0.0.1:${port}` };
}

function to(name: string, service: Service): Record<string, string> {
  return { [`${name}_HOSTNAME`]: "127.0.0.1", [`${name}_SERVICE_PORT`]: String(service.port) };
}

async function text(url: string, init?: RequestInit): Promise<string> {
  return (await fetch(url, init)).text();
}

const details = await start("details");
const ratings = await start("ratings");
const withRatings = { ...to("RATINGS", ratings), ENABLE_RATINGS: "true" };
const page = (reviews: Service) =>
  start("productpage", { ...to("DETAILS", details), ...to("REVIEWS", reviews), ...to("RATINGS", ratings) });

test("the page shows the book, the reviews, and which pod served them", async () => {
  const reviews = await start("reviews", { HOSTNAME: "reviews-v1-abc-xyz" });
  const body = await text(`${(await page(reviews)).url}/productpage`);
  assert.match(body, /<title>Simple Bookstore App<\/title>/);
  assert.match(body, /1234567890/);
  assert.match(body, /reviews-v1-abc-xyz/);
  assert.doesNotMatch(body, /glyphicon-star/);
});

test("reviews v2 have black stars and v3 red ones", async () => {
  for (const color of ["black", "red"]) {
    const reviews = await start("reviews", { ...withRatings, STAR_COLOR: color });
    const body = JSON.parse(await text(`${reviews.url}/reviews/0`));
    assert.deepEqual(body.reviews[0].rating, { stars: 5, color });
    assert.deepEqual(body.reviews[1].rating, { stars: 4, color });
  }
});

test("without ratings the reviews say so, and without reviews the page does", async () => {
  const gone = { RATINGS_HOSTNAME: "127.0.0.1", RATINGS_SERVICE_PORT: "1" };
  const reviews = await start("reviews", { ...withRatings, ...gone });
  assert.match(await text(`${reviews.url}/reviews/0`), /Ratings service is currently unavailable/);
  const productpage = await page(reviews);
  reviews.child.kill("SIGKILL");
  await once(reviews.child, "exit");
  const sorry = /Sorry, product reviews are currently unavailable for this book\./;
  assert.match(await text(`${productpage.url}/productpage`), sorry);
  assert.match(await text(`${productpage.url}/api/v1/products/0/reviews`), sorry);
});

test("who signs in is named to the other services, with the headers of the trace", async () => {
  const seen: NodeJS.Dict<string | string[]>[] = [];
  const fake = createServer((request, response) => {
    seen.push(request.headers);
    response.end('{"reviews":[]}');
  }).listen(0);
  await once(fake, "listening");
  const { port } = fake.address() as AddressInfo;
  const productpage = await start("productpage", {
    ...to("DETAILS", details),
    REVIEWS_HOSTNAME: "127.0.0.1",
    REVIEWS_SERVICE_PORT: String(port),
  });
  const signedIn = await fetch(`${productpage.url}/login`, {
    method: "POST",
    body: new URLSearchParams({ username: "jason", passwd: "any" }),
    redirect: "manual",
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const trace = { traceparent: "00-1-2-01", "x-b3-traceid": "1", "x-request-id": "r" };
  const body = await text(`${productpage.url}/productpage`, { headers: { ...trace, cookie, "x-other": "1" } });
  assert.match(body, /<b>jason<\/b>/);
  await text(`${productpage.url}/productpage`, { headers: { cookie: `${cookie}x`, "end-user": "jason" } });
  fake.close();
  fake.closeAllConnections();
  assert.equal(seen[0]?.["end-user"], "jason");
  assert.equal(seen[1]?.["end-user"], undefined);
  assert.deepEqual({ ...seen[0], ...trace }, seen[0]);
  assert.equal(seen[0]?.["x-other"], undefined);
});

test("a service that is asked to end finishes what it has, serves who still comes, and ends", async () => {
  let release: (() => void) | undefined;
  const slow = createServer((_request, response) => {
    release = () => response.end('{"ratings":{"Reviewer1":1}}');
  }).listen(0);
  await once(slow, "listening");
  const { port } = slow.address() as AddressInfo;
  const reviews = await start("reviews", { ...withRatings, RATINGS_SERVICE_PORT: String(port) });
  const answer = text(`${reviews.url}/reviews/0`);
  await once(slow, "request");
  reviews.child.kill("SIGTERM");
  assert.match(await text(`${reviews.url}/health`), /healthy/);
  release?.();
  slow.close();
  assert.match(await answer, /"stars":1/);
  const [code] = await once(reviews.child, "exit");
  assert.equal(code, 0);
});
