import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "./curl-options.ts";

test("short options may be joined, the last with its value", () => {
  const { silent, showError, output, writeOut, urls } = parse(["-sSo", "/dev/null", "-w%{http_code}", "web:80"]);
  assert.deepEqual([silent, showError, output, writeOut, urls], [true, true, "/dev/null", "%{http_code}", ["web:80"]]);
});

test("headers and data add up", () => {
  const { headers, data, method } = parse(["-H", "end-user: jason", "-X", "PUT", "-d", "a=1", "-d", "b=2", "x"]);
  assert.deepEqual([headers, data, method], [[["end-user", "jason"]], ["a=1", "b=2"], "PUT"]);
});

test("what is not understood is said, with curl's exit code", () => {
  assert.throws(() => parse(["--http3", "x"]), { code: 2, message: "option --http3: is unknown" });
  assert.throws(() => parse(["-s"]), { message: "no URL specified" });
});
