import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const CODE = /\b(?:LTN|IST)\d+\b/g;

/** Files by the codes that they hold. Tests and their aids make up some of their own. */
function codesInSource(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of globSync("{src,scripts}/**/*.ts", { cwd: ROOT }).sort()) {
    if (/(\.test|[/-]testing(-[a-z]+)?)\.ts$|\/testing\//.test(file)) continue;
    for (const [code] of readFileSync(join(ROOT, file), "utf8").matchAll(CODE)) {
      found.set(code, [...(found.get(code) ?? []), file]);
    }
  }
  return found;
}

function documentedIn(page: string, prefix: string): string[] {
  const rows = readFileSync(join(ROOT, page), "utf8").matchAll(/^\| ((?:LTN|IST)\d+) \| (.+) \| (.+) \|$/gm);
  return [...rows].map(([, code = ""]) => code).filter((code) => code.startsWith(prefix));
}

const documented = [...documentedIn("docs/errors.md", "LTN"), ...documentedIn("docs/analysis.md", "IST")];

test("every code in the source is explained in docs/errors.md or docs/analysis.md, and no other is", () => {
  const used = codesInSource();
  const unexplained = [...used].filter(([code]) => !documented.includes(code));
  assert.deepEqual(unexplained, [], "add a line to docs/errors.md, or for Istio's codes to docs/analysis.md");
  assert.deepEqual(
    documented.filter((code) => !used.has(code)),
    [],
    "remove these lines from the page",
  );
});

test("every code has four digits and one line, and these are in order", () => {
  for (const code of documented) assert.match(code, /^(LTN|IST)\d{4}$/);
  const own = documented.filter((code) => code.startsWith("LTN"));
  assert.deepEqual(own, [...new Set(own)].sort());
});

test("no code means one thing in one part of the source and another in another", () => {
  const shared = [...codesInSource()].map(([code, files]) => {
    return { code, parts: [...new Set(files.map((file) => file.split("/").slice(1, 3).join("/")))] };
  });
  assert.deepEqual(
    shared.filter(({ code, parts }) => code.startsWith("LTN") && parts.length > 1),
    [],
  );
});
