/** Other ways to write a path do not lead around a rule, as far as MeshConfig's pathNormalization says. */
import { describe } from "node:test";
import type { CallSpec } from "./calls.ts";
import { differentialTests } from "./differential.ts";
import type { Table } from "./tables.ts";

const calls = (expected: "yes" | "no", ...paths: string[]): (readonly [CallSpec, "yes" | "no"])[] =>
  paths.map((path) => [{ path }, expected] as const);

/** The same rules in each test: what is denied by one must not be allowed by the other. */
function tables(same: readonly string[], others: readonly string[]): Table[] {
  const rules = [{ to: [{ operation: { paths: ["/admin", "/admin/*"] } }] }];
  return [
    {
      name: "denied",
      policies: [{ action: "DENY", rules }],
      calls: [...calls("no", ...same), ...calls("yes", ...others)],
    },
    { name: "allowed", policies: [{ rules }], calls: [...calls("yes", ...same), ...calls("no", ...others)] },
  ];
}

const DOTS = [
  "/./admin",
  "/x/../admin",
  "/%2e/admin",
  "/x/%2e%2E/admin",
  "/x/.%2e/admin",
  "/../admin",
  "/admin/../admin/x",
];
const ESCAPES = ["/%61dmin", "/adm%69n", "/%61%64%6d%69%6e?x"];
const BACKSLASHES = ["/x\\..\\..\\admin", "/x\\..\\admin"];
const SLASHES = ["//admin", "/admin//x", "///admin", "/x/..//admin"];
const ENCODED_SLASHES = ["/%2fadmin", "/x%2F..%2fadmin", "/%5cadmin"];
const PLAIN = ["/admin", "/admin/", "/admin/x", "/admin?x=1", "/admin?"];
/** Other paths in all modes: servers that drop parameters or case must say so in their policies. */
const OTHERS = [
  "/",
  "/Admin",
  "/ADMIN",
  "/admin;x=1",
  "/adminx",
  "/x?/admin",
  "/admin%3f",
  "/admin%20",
  "/.admin",
  "/%2561dmin",
];

describe("BASE, the default", () => {
  differentialTests(
    tables(
      [...PLAIN, ...DOTS, ...ESCAPES, ...BACKSLASHES, "/admin//x"],
      [...OTHERS, ...SLASHES.filter((path) => path !== "/admin//x"), ...ENCODED_SLASHES],
    ),
  );
});

describe("NONE", () => {
  differentialTests(
    tables(
      [...PLAIN, "/admin//x", "/admin/../admin/x"],
      [...OTHERS, ...DOTS.filter((path) => path !== "/admin/../admin/x"), ...ESCAPES],
    ),
    "pathNormalization: {normalization: NONE}\n",
  );
});

describe("MERGE_SLASHES", () => {
  differentialTests(
    tables([...PLAIN, ...DOTS, ...ESCAPES, ...BACKSLASHES, ...SLASHES], [...OTHERS, ...ENCODED_SLASHES]),
    "pathNormalization: {normalization: MERGE_SLASHES}\n",
  );
});

describe("DECODE_AND_MERGE_SLASHES", () => {
  differentialTests(
    tables([...PLAIN, ...DOTS, ...ESCAPES, ...BACKSLASHES, ...SLASHES, ...ENCODED_SLASHES], OTHERS),
    "pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}\n",
  );
});
