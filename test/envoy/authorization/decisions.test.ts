/** How rules, policies and actions come to one decision. */
import type { CallSpec } from "./calls.ts";
import { differentialTests } from "./differential.ts";
import type { Table } from "./tables.ts";

const plain: CallSpec = {};
const sleep: CallSpec = { as: "default/sleep" };
const httpbin: CallSpec = { as: "foo/httpbin" };
const tcp = (call: CallSpec = {}): CallSpec => ({ ...call, layer: "TCP" });
const at = (path: string, more: CallSpec = {}): CallSpec => ({ path, ...more });

const bySleep = { from: [{ source: { principals: ["*/sa/sleep"] } }] };
const toPath = (...paths: string[]) => ({ to: [{ operation: { paths } }] });
const everything = {};
const LONG = "a-name-of-sixty-characters-is-what-kubernetes-allows-1234567";

const tables: Table[] = [
  {
    name: "no policy allows everything",
    policies: [],
    calls: [
      [plain, "yes"],
      [sleep, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "an empty spec allows nothing",
    policies: [{}],
    calls: [
      [plain, "no"],
      [sleep, "no"],
      [tcp(), "no"],
      [tcp(sleep), "no"],
    ],
  },
  {
    name: "ALLOW with no rule",
    policies: [{ action: "ALLOW", rules: [] }],
    calls: [
      [plain, "no"],
      [tcp(), "no"],
    ],
  },
  {
    name: "ALLOW with an empty rule",
    policies: [{ rules: [everything] }],
    calls: [
      [plain, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "DENY with no rule",
    policies: [{ action: "DENY", rules: [] }],
    calls: [
      [plain, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "DENY with an empty rule",
    policies: [{ action: "DENY", rules: [everything] }],
    calls: [
      [plain, "no"],
      [tcp(), "no"],
    ],
  },
  {
    name: "AUDIT denies nothing",
    policies: [{ action: "AUDIT", rules: [everything] }],
    calls: [
      [plain, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "AUDIT allows nothing either",
    policies: [{ action: "AUDIT", rules: [everything] }, {}],
    calls: [[plain, "no"]],
  },
  {
    name: "DENY comes before ALLOW",
    policies: [{ rules: [everything] }, { action: "DENY", rules: [toPath("/secret")] }],
    calls: [
      [plain, "yes"],
      [at("/secret"), "no"],
    ],
  },
  {
    name: "what one ALLOW policy allows is allowed, whatever others say",
    policies: [{ rules: [toPath("/a")] }, { rules: [toPath("/b")] }, {}],
    calls: [
      [at("/a"), "yes"],
      [at("/b"), "yes"],
      [at("/c"), "no"],
    ],
  },
  {
    name: "what one DENY policy denies is denied",
    policies: [
      { action: "DENY", rules: [toPath("/a")] },
      { action: "DENY", rules: [toPath("/b")] },
    ],
    calls: [
      [at("/a"), "no"],
      [at("/b"), "no"],
      [at("/c"), "yes"],
    ],
  },
  {
    name: "any rule of a policy is enough",
    policies: [{ rules: [toPath("/a"), bySleep] }],
    calls: [
      [at("/a"), "yes"],
      [at("/b", sleep), "yes"],
      [at("/b"), "no"],
      [at("/b", httpbin), "no"],
    ],
  },
  {
    name: "from, to and when must all be met",
    policies: [{ rules: [{ ...bySleep, ...toPath("/a"), when: [{ key: "request.headers[x]", values: ["1"] }] }] }],
    calls: [
      [at("/a", { ...sleep, headers: { x: "1" } }), "yes"],
      [at("/a", { headers: { x: "1" } }), "no"],
      [at("/b", { ...sleep, headers: { x: "1" } }), "no"],
      [at("/a", sleep), "no"],
      [tcp(sleep), "no"],
    ],
  },
  {
    name: "any of several sources, operations and values; all conditions",
    policies: [
      {
        rules: [
          {
            from: [
              { source: { namespaces: ["foo"] } },
              { source: { principals: ["*/sa/sleep"], ipBlocks: ["127.0.0.9"] } },
            ],
            to: [{ operation: { methods: ["GET"], paths: ["/a", "/b"] } }, { operation: { methods: ["POST"] } }],
            when: [
              { key: "request.headers[x]", values: ["1", "2"] },
              { key: "request.headers[y]", notValues: ["3"] },
            ],
          },
        ],
      },
    ],
    calls: [
      [at("/a", { ...httpbin, headers: { x: "1" } }), "yes"],
      [at("/b", { ...httpbin, headers: { x: "2" } }), "yes"],
      [at("/c", { ...httpbin, headers: { x: "2" }, method: "POST" }), "yes"],
      [at("/c", { ...httpbin, headers: { x: "2" } }), "no"],
      [at("/a", { ...httpbin, headers: { x: "1", y: "3" } }), "no"],
      [at("/a", { ...httpbin, headers: { x: "3" } }), "no"],
      [at("/a", { ...sleep, headers: { x: "1" } }), "no"],
      [at("/a", { ...sleep, headers: { x: "1" }, from: "127.0.0.9" }), "yes"],
      [at("/a", { from: "127.0.0.9", headers: { x: "1" } }), "no"],
    ],
  },
  {
    name: "a value and a not-value of one field",
    policies: [{ rules: [{ to: [{ operation: { paths: ["/a*"], notPaths: ["/admin*"] } }] }] }],
    calls: [
      [at("/about"), "yes"],
      [at("/admin/x"), "no"],
      [at("/b"), "no"],
    ],
  },
  {
    name: "policies of the root namespace count too; those of others do not",
    policies: [
      { namespace: "istio-system", action: "DENY", rules: [toPath("/root")] },
      { namespace: "foo", action: "DENY", rules: [everything] },
      { namespace: "istio-system", selector: { matchLabels: { app: "app" } }, action: "DENY", rules: [toPath("/app")] },
      { selector: { matchLabels: { app: "other" } }, action: "DENY", rules: [everything] },
    ],
    calls: [
      [plain, "yes"],
      [at("/root"), "no"],
      [at("/app"), "no"],
    ],
  },
  {
    name: "service accounts without a namespace are those of the policy's",
    policies: [{ namespace: "istio-system", rules: [{ from: [{ source: { serviceAccounts: ["sleep"] } }] }] }],
    calls: [
      [sleep, "no"],
      [{ as: "istio-system/sleep" }, "yes"],
    ],
  },
  {
    name: "a policy that is only tried denies nothing",
    policies: [{ dryRun: true, action: "DENY", rules: [everything] }],
    calls: [
      [plain, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "a policy that is only tried allows nothing, and takes nothing away",
    policies: [{ dryRun: true, rules: [toPath("/a")] }],
    calls: [
      [plain, "yes"],
      [at("/a"), "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "enforced policies beside one that is only tried",
    policies: [{ dryRun: true, rules: [everything] }, { rules: [toPath("/a")] }],
    calls: [
      [at("/a"), "yes"],
      [at("/b"), "no"],
    ],
  },
  {
    name: "without bytes to see requests in, an ALLOW rule about requests allows nothing",
    policies: [
      { rules: [toPath("/a"), { ...bySleep, ...toPath("*") }, { from: [{ source: { namespaces: ["foo"] } }] }] },
    ],
    calls: [
      [tcp(), "no"],
      [tcp(sleep), "no"],
      [tcp(httpbin), "yes"],
      [at("/a"), "yes"],
    ],
  },
  {
    name: "an ALLOW rule of which one alternative is about requests allows no connection",
    policies: [{ rules: [{ to: [{ operation: { ports: ["1"] } }, { operation: { methods: ["GET"] } }] }] }],
    calls: [
      [tcp(), "no"],
      [plain, "yes"],
    ],
  },
  ...(["paths", "methods", "hosts", "notPaths", "notMethods", "notHosts"] as const).map(
    (field): Table => ({
      name: `a DENY rule about ${field} denies every connection`,
      policies: [{ action: "DENY", rules: [{ to: [{ operation: { [field]: ["x"] } }] }] }],
      calls: [
        [tcp(), "no"],
        [tcp(sleep), "no"],
      ],
    }),
  ),
  ...[
    "request.headers[x]",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "request.auth.claims[a]",
  ].map(
    (key): Table => ({
      name: `a DENY rule about ${key} denies every connection, and an ALLOW rule allows none`,
      policies: [{ action: "DENY", rules: [{ when: [{ key, values: ["x"] }] }] }],
      calls: [
        [tcp(), "no"],
        [plain, "yes"],
      ],
    }),
  ),
  {
    name: "a DENY rule keeps what can be seen of connections",
    policies: [
      {
        action: "DENY",
        rules: [{ ...bySleep, ...toPath("/a") }, { to: [{ operation: { paths: ["/b"], ports: ["1"] } }] }],
      },
    ],
    calls: [
      [tcp(), "yes"],
      [tcp(sleep), "no"],
      [tcp(httpbin), "yes"],
      [at("/a"), "yes"],
      [at("/a", sleep), "no"],
    ],
  },
  {
    name: "CUSTOM with a provider that nobody knows denies what it matches",
    policies: [{ action: "CUSTOM", provider: { name: "unknown" }, rules: [toPath("/asked")] }],
    calls: [
      [at("/asked"), "no"],
      [at("/other"), "yes"],
      [tcp(), "no"],
    ],
  },
  {
    name: "CUSTOM that is only tried asks nobody",
    policies: [{ dryRun: true, action: "CUSTOM", provider: { name: "unknown" }, rules: [everything] }],
    calls: [
      [plain, "yes"],
      [tcp(), "yes"],
    ],
  },
  {
    name: "names as long as they can be",
    policies: [
      {
        rules: [
          { from: [{ source: { serviceAccounts: [`${LONG}/${LONG}`] } }] },
          { from: [{ source: { namespaces: [`${LONG}x`, `*${LONG}y`] } }] },
          { to: [{ operation: { hosts: [`*.${LONG}.${LONG}.${LONG}.example.com`] } }] },
          { to: [{ operation: { paths: [`/{*}/${LONG}/${LONG}/{**}`] } }] },
        ],
      },
    ],
    calls: [
      [{ as: `${LONG}/${LONG}` }, "yes"],
      [{ as: `${LONG}/${LONG}x` }, "no"],
      [{ as: `${LONG}x/a` }, "yes"],
      [{ host: `a.${LONG}.${LONG}.${LONG}.EXAMPLE.com:80` }, "yes"],
      [at(`/a/${LONG}/${LONG}/b`), "yes"],
      [at(`/a/${LONG}/${LONG}x/b`), "no"],
    ],
  },
  {
    name: "what Envoy would refuse to look at",
    policies: [
      {
        action: "DENY",
        rules: [
          {
            when: [
              { key: "request.headers[a b]", values: ["x"] },
              { key: "source.namespace", values: ["foo"] },
            ],
          },
          {
            when: [
              { key: "request.auth.claims[a][]", values: ["x"] },
              { key: "source.namespace", values: ["bar"] },
            ],
          },
        ],
      },
    ],
    calls: [
      [sleep, "yes"],
      [httpbin, "no"],
      [{ as: "bar/a" }, "no"],
    ],
  },
  {
    name: "thousands of rules",
    policies: Array.from({ length: 20 }, (_, i) => ({
      rules: Array.from({ length: 200 }, (_, j) => ({
        from: [{ source: { principals: [`cluster.local/ns/team-${i}/sa/user-${j}`], namespaces: [`team-${i}`] } }],
        ...toPath(`/api/${i}/${j}`, `/api/${i}/${j}/*`),
      })),
    })),
    calls: [
      [at("/api/19/199/x", { as: "team-19/user-199" }), "yes"],
      [at("/api/0/0", { as: "team-0/user-0" }), "yes"],
      [at("/api/0/0", { as: "team-1/user-0" }), "no"],
      [at("/api/0/1", { as: "team-0/user-0" }), "no"],
    ],
  },
];

differentialTests(tables);
