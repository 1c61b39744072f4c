import assert from "node:assert/strict";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { testAuthority } from "../../mesh/testing-certificates.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { listen, PUBLIC, serve, testNetwork } from "./testing.ts";

test("a text is got from the address that was looked at, and nothing says who asks", async (t) => {
  const port = await serve(t, ({ url, headers }, response) => response.end(JSON.stringify({ url, headers })));
  const { options, connected, resolved } = testNetwork(port);
  const { url, headers } = JSON.parse(await guardedFetch("http://keys.example.com:8080/a?b=c", options));
  assert.equal(url, "/a?b=c");
  assert.equal(headers.host, "keys.example.com:8080");
  assert.deepEqual(
    Object.keys(headers).filter((name) => /auth|cookie|proxy|agent/.test(name)),
    [],
  );
  assert.deepEqual([connected, resolved], [[`${PUBLIC}:8080`], ["keys.example.com"]]);
});

for (const url of [
  "http://127.0.0.1:15014/debug",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://169.254.169.254/latest/meta-data/",
  "http://[fe80::1]/",
  "http://10.96.0.1/",
  "https://0/",
]) {
  test(`${url} is refused without a connection`, async () => {
    const { options, connected } = testNetwork(1);
    await assert.rejects(guardedFetch(url, options), { code: "LTN6203" });
    assert.deepEqual(connected, []);
  });
}

test("a name with one address inside the network is refused, also with the dot at its end", async () => {
  const { options, connected } = testNetwork(1, { "keys.example.com": [PUBLIC, "10.0.0.8"] });
  await assert.rejects(guardedFetch("https://keys.example.com/", options), { code: "LTN6203", message: /10\.0\.0\.8/ });
  await assert.rejects(guardedFetch("https://KEYS.example.com./", options), { code: "LTN6203" });
  assert.deepEqual(connected, []);
});

for (const url of [
  "ftp://keys.example.com/",
  "file:///etc/passwd",
  "nothing",
  "https://user:secret@keys.example.com/",
]) {
  test(`${url} is no URL of keys`, () =>
    assert.rejects(guardedFetch(url, testNetwork(1).options), { code: "LTN6201" }));
}

test("where one address does not answer the next one is asked", async (t) => {
  const port = await serve(t, (_request, response) => response.end("keys"));
  const { options, connected } = testNetwork(port, { "keys.example.com": ["2001:db8::1", PUBLIC] });
  const { connect } = options.network;
  options.network.connect = (address, at) =>
    address === PUBLIC ? connect(address, at) : Promise.reject(new Error("ENETUNREACH"));
  assert.equal(await guardedFetch("http://keys.example.com/", options), "keys");
  assert.deepEqual(connected, [`${PUBLIC}:80`]);
});

test("a redirect is followed to where it may go, and no further than three times", async (t) => {
  const port = await serve(t, ({ url = "" }, response) => {
    const left = Number(url.slice(1));
    if (left === 0) response.end("there");
    else response.writeHead(302, { location: `http://other.example.com/${left - 1}` }).end();
  });
  const { options, resolved } = testNetwork(port);
  assert.equal(await guardedFetch("http://keys.example.com/3", options), "there");
  assert.deepEqual(resolved, ["keys.example.com", ...Array.from({ length: 3 }, () => "other.example.com")]);
  await assert.rejects(guardedFetch("http://keys.example.com/4", options), { code: "LTN6204" });
});

for (const [location, code] of [
  ["http://127.0.0.1/", "LTN6203"],
  ["http://metadata.example.com/", "LTN6203"],
  ["//[::1]/", "LTN6203"],
  ["file:///etc/passwd", "LTN6201"],
  ["http://a:b@keys.example.com/", "LTN6201"],
] as const) {
  test(`a redirect to ${location} is not followed`, async (t) => {
    const port = await serve(t, (_request, response) => response.writeHead(307, { location }).end());
    const { options, connected } = testNetwork(port, { "metadata.example.com": ["169.254.169.254"] });
    await assert.rejects(guardedFetch("http://keys.example.com/", options), { code });
    assert.deepEqual(connected, [`${PUBLIC}:80`]);
  });
}

test("more than 256 KiB is not read to its end", async (t) => {
  let sent = 0;
  const port = await serve(t, (_request, response) => {
    const more = (): void => {
      for (let open = true; open && !response.destroyed; ) {
        sent += 65_536;
        open = response.write(Buffer.alloc(65_536, " "));
      }
      response.once("drain", more);
    };
    more();
  });
  await assert.rejects(guardedFetch("http://keys.example.com/", testNetwork(port).options), { code: "LTN6204" });
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`);
});

test("whoever does not answer, or answers drop by drop, is given up", async (t) => {
  const silent = await listen(t, createTcpServer());
  const { options } = testNetwork(silent);
  await assert.rejects(guardedFetch("http://keys.example.com/", { ...options, timeoutMs: 200 }), { code: "LTN6202" });
  const slow = await serve(t, (_request, response) => {
    const drops = setInterval(() => response.write("."), 20);
    response.on("close", () => clearInterval(drops));
  });
  const dripping = { ...testNetwork(slow).options, timeoutMs: 300 };
  await assert.rejects(guardedFetch("http://keys.example.com/", dripping), { code: "LTN6202" });
});

test("an error, and a name without address, are no text", async (t) => {
  const port = await serve(t, (_request, response) => response.writeHead(404).end("{}"));
  await assert.rejects(guardedFetch("http://keys.example.com/", testNetwork(port).options), {
    code: "LTN6204",
    message: /status 404/,
  });
  const nowhere = testNetwork(port, { "keys.example.com": [] });
  await assert.rejects(guardedFetch("http://keys.example.com/", nowhere.options), { code: "LTN6202" });
});

test("https needs a certificate of the host's name by somebody trusted, and does not lead back to http", async (t) => {
  const authority = await testAuthority("somebody");
  const { certificate, privateKey } = await authority.issue("keys.example.com");
  const server = createHttpsServer({ cert: certificate, key: privateKey }, ({ url }, response) => {
    if (url === "/down") response.writeHead(302, { location: "http://keys.example.com/" }).end();
    else response.end("keys");
  });
  const { options } = testNetwork(await listen(t, server));
  await assert.rejects(guardedFetch("https://keys.example.com/", options), {
    code: "LTN6202",
    message: /unable to (get|verify)/,
  });
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, authority.certificate]);
  t.after(() => setDefaultCACertificates(trusted));
  assert.equal(await guardedFetch("https://keys.example.com/", options), "keys");
  await assert.rejects(guardedFetch("https://other.example.com/", options), { code: "LTN6202", message: /altname/ });
  await assert.rejects(guardedFetch("https://keys.example.com/down", options), { code: "LTN6204" });
});
