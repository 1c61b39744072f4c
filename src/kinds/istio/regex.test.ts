import assert from "node:assert/strict";
import { it } from "node:test";
import { regexFault } from "./regex.ts";

it("regular expressions are RE2's", () => {
  for (const good of [
    "^/a/.*$",
    "(?i)abc",
    "a{2,3}",
    "[[:alpha:]]+",
    "\\d+\\.\\w",
    "(?P<x>a)",
    "\\Qa.b\\E",
    "a|b",
    "\\pL",
    "\\\\1",
  ]) {
    assert.equal(regexFault(good), undefined, good);
  }
  for (const bad of ["(?=a)", "(?<!a)", "(a)\\1", "a**", "(", "[", "a{1001}", "(?>a)", "\\y", "*"]) {
    assert.notEqual(regexFault(bad), undefined, bad);
  }
});
