/** What each field of AuthorizationPolicies matches, and its not-form. */
import type { CallSpec } from "./calls.ts";
import { differentialTests } from "./differential.ts";
import { operation, source, when } from "./tables.ts";

const plain: CallSpec = {};
const sleep: CallSpec = { as: "default/sleep" };
const sleeper: CallSpec = { as: "default/sleeper" };
const httpbin: CallSpec = { as: "foo/httpbin" };
const foreign: CallSpec = { as: "spiffe://other.example/ns/default/sa/sleep" };
const odd: CallSpec = { as: "spiffe://cluster.local/region/eu/ns/default/zone/a/sa/sleep/v/1" };
const tcp = (call: CallSpec): CallSpec => ({ ...call, layer: "TCP" });
const methods = (...names: string[]): CallSpec[] => names.map((method) => ({ method }));
const paths = (...all: string[]): CallSpec[] => all.map((path) => ({ path }));
const hosts = (...all: string[]): CallSpec[] => all.map((host) => ({ host }));
const from = (...all: string[]): CallSpec[] => all.map((each) => ({ from: each }));
const x = (...values: string[]): CallSpec[] => values.map((value) => ({ headers: { "x-test": value } }));
const claims = (...all: Record<string, unknown>[]): CallSpec[] => all.map((each) => ({ claims: each }));

differentialTests([
  ...source("principals", ["cluster.local/ns/default/sa/sleep"], {
    yes: [sleep, tcp(sleep)],
    no: [plain, tcp(plain), sleeper, httpbin, tcp(httpbin), foreign, odd],
  }),
  ...source("principals", ["cluster.local/ns/default/sa/sl*"], {
    yes: [sleep, sleeper],
    no: [plain, httpbin, foreign],
  }),
  ...source("principals", ["*/sa/sleep"], { yes: [sleep, foreign], no: [plain, sleeper, httpbin] }),
  ...source("principals", ["*"], { yes: [sleep, httpbin, foreign, tcp(odd)], no: [plain, tcp(plain)] }),
  ...source("principals", ["cluster.local/ns/foo/sa/httpbin", "*/sa/sleeper"], {
    yes: [httpbin, sleeper],
    no: [sleep, plain],
  }),
  // no scheme stands in policies
  ...source("principals", ["spiffe://cluster.local/ns/default/sa/sleep"], { yes: [], no: [sleep, plain] }),
  ...source("namespaces", ["default"], { yes: [sleep, tcp(sleep), foreign, odd], no: [httpbin, plain, tcp(plain)] }),
  ...source("namespaces", ["def*"], { yes: [sleep], no: [httpbin, plain] }),
  ...source("namespaces", ["*ult"], { yes: [sleep], no: [httpbin, plain] }),
  ...source("namespaces", ["d*t"], { yes: [sleep], no: [httpbin, plain] }),
  ...source("namespaces", ["*"], { yes: [sleep, httpbin], no: [plain] }),
  ...source("namespaces", ["d.fault"], { yes: [], no: [sleep] }),
  ...source("serviceAccounts", ["sleep"], { yes: [sleep, foreign, odd, tcp(sleep)], no: [sleeper, httpbin, plain] }),
  ...source("serviceAccounts", ["foo/httpbin"], { yes: [httpbin], no: [sleep, plain, { as: "default/httpbin" }] }),
  ...source("trustDomains", ["cluster.local"], { yes: [sleep, httpbin, odd], no: [foreign, plain] }),
  ...source("trustDomains", ["*.example"], { yes: [foreign], no: [sleep, plain] }),
  ...source("trustDomains", ["cluster*"], { yes: [sleep], no: [foreign, plain] }),
  ...source("trustDomains", ["*"], { yes: [sleep, foreign], no: [plain] }),
  ...source("ipBlocks", ["127.0.0.2"], { yes: from("127.0.0.2"), no: from("127.0.0.1", "127.0.0.22") }),
  ...source("ipBlocks", ["127.0.1.0/24", "127.1.0.0/16"], {
    yes: [...from("127.0.1.1", "127.0.1.255", "127.1.2.3"), { from: "127.0.1.9", layer: "TCP" }],
    no: [...from("127.0.0.1", "127.0.2.1", "127.2.0.1"), { from: "127.0.0.9", layer: "TCP" }],
  }),
  // who stands in a header that the client writes is not who is connected
  ...source("ipBlocks", ["10.1.2.3"], { yes: [], no: [{ headers: { "x-forwarded-for": "10.1.2.3" } }] }),
  ...source("remoteIpBlocks", ["127.0.0.2"], { yes: from("127.0.0.2"), no: from("127.0.0.3") }),
  ...source("requestPrincipals", ["https://issuer.example.com/alice"], {
    yes: claims({ sub: "alice" }),
    no: [plain, sleep, ...claims({ sub: "bob" }, {}, { sub: "alice", iss: "other" })],
  }),
  ...source("requestPrincipals", ["*"], { yes: claims({ sub: "alice" }), no: [plain, ...claims({})] }),
  ...source("requestPrincipals", ["https://issuer.example.com/*"], {
    yes: claims({ sub: "alice" }, { sub: "a/b" }),
    no: [plain, ...claims({ sub: "alice", iss: "https://issuer.example.com/sub" })],
  }),
  ...source("requestPrincipals", ["*/alice"], {
    yes: claims({ sub: "alice" }, { sub: "alice", iss: "x" }),
    no: [plain, ...claims({ sub: "malice" })],
  }),
  ...source("requestPrincipals", ["*example.com/alice"], {
    yes: claims({ sub: "alice" }),
    no: claims({ sub: "alice", iss: "x" }),
  }),
  ...source("requestPrincipals", ["https://issuer.example.com/al*"], {
    yes: claims({ sub: "alice" }),
    no: claims({ sub: "bob" }),
  }),
  ...operation("methods", ["GET", "P*"], {
    yes: methods("GET", "POST", "PUT"),
    no: methods("DELETE", "HEAD", "OPTIONS"),
  }),
  ...operation("methods", ["*T"], { yes: methods("GET", "POST"), no: methods("DELETE") }),
  ...operation("methods", ["*"], { yes: methods("GET", "DELETE"), no: [] }),
  // methods are as they are written
  ...operation("methods", ["get"], { yes: [], no: methods("GET") }),
  ...operation("paths", ["/info"], {
    yes: paths("/info", "/info?x=1", "/x/../info", "/./info", "/%69nfo"),
    no: paths("/", "/info/", "/information", "/Info", "/x/info", "/x?/info", "/inf"),
  }),
  ...operation("paths", ["/info*"], {
    yes: paths("/info", "/info/x", "/information?y"),
    no: paths("/", "/inf", "/x/info"),
  }),
  ...operation("paths", ["*/info"], {
    yes: paths("/info", "/x/info", "/x/info?y=z"),
    no: paths("/info/", "/info/x"),
  }),
  ...operation("paths", ["*"], { yes: paths("/", "/x"), no: [] }),
  ...operation("paths", ["/a/{*}/c"], {
    yes: paths("/a/b/c", "/a/x-y.z/c", "/a/b/c?d=e"),
    no: paths("/a/c", "/a//c", "/a/b/b/c", "/a/b/c/d", "/a/b/c/", "/A/b/c"),
  }),
  ...operation("paths", ["/a/{**}"], { yes: paths("/a/b", "/a/b/c", "/a/"), no: paths("/a", "/b/a/b", "/ab") }),
  ...operation("paths", ["/{*}/b/{**}"], { yes: paths("/a/b/c", "/x/b/c/d"), no: paths("/a/c/c", "/b/c") }),
  ...operation("paths", ["/x/{*}/", "/one"], { yes: paths("/x/y/", "/one"), no: paths("/x/y", "/two") }),
  ...operation("hosts", ["example.com"], {
    yes: hosts("example.com", "EXAMPLE.com", "example.com:80", "example.com:65535", "example.com.", "example.com.:80"),
    no: hosts("www.example.com", "example.com.evil.org", "example.org", "xexample.com"),
  }),
  ...operation("hosts", ["Example.COM"], { yes: hosts("example.com", "eXample.com:8080"), no: hosts("example.org") }),
  ...operation("hosts", ["*.example.com"], {
    yes: hosts("a.example.com", "a.b.EXAMPLE.com", "a.example.com:80", "a.example.com."),
    no: hosts("example.com", "a.example.com.evil.org", "axexamplexcom"),
  }),
  ...operation("hosts", ["example.*"], { yes: hosts("example.com", "EXAMPLE.org:80"), no: hosts("an.example.com") }),
  ...operation("hosts", ["example.com:8080"], {
    yes: hosts("example.com:8080", "EXAMPLE.com:8080"),
    no: hosts("example.com", "example.com:80"),
  }),
  ...operation("hosts", ["example.com:*"], { yes: hosts("example.com:80"), no: hosts("example.com") }),
  ...operation("hosts", ["*"], { yes: hosts("example.com"), no: [] }),
  ...operation("ports", ["1", "65535"], { yes: [], no: [plain, tcp(plain)] }),
  ...when("request.headers[X-Test]", ["a"], { yes: x("a"), no: [plain, ...x("A", "ab", "")] }),
  ...when("request.headers[x-test]", ["a*", "*z"], { yes: x("a", "abc", "xyz"), no: [plain, ...x("ba", "zx")] }),
  ...when("request.headers[x-test]", ["*"], { yes: x("a", ""), no: [plain] }),
  ...when("request.headers[:authority]", ["app"], { yes: hosts("app"), no: hosts("APP", "app:80") }),
  ...when("source.ip", ["127.0.0.0/31"], { yes: from("127.0.0.1"), no: from("127.0.0.2") }),
  ...when("remote.ip", ["127.0.0.2"], { yes: from("127.0.0.2"), no: from("127.0.0.1") }),
  ...when("source.namespace", ["foo"], { yes: [httpbin, tcp(httpbin)], no: [sleep, plain] }),
  ...when("source.principal", ["cluster.local/ns/foo/sa/httpbin"], { yes: [httpbin], no: [sleep, plain] }),
  ...when("source.serviceAccount", ["foo/httpbin"], { yes: [httpbin], no: [sleep, plain] }),
  ...when("source.trustDomain", ["other.example"], { yes: [foreign], no: [sleep, plain] }),
  ...when("request.auth.principal", ["https://issuer.example.com/alice"], {
    yes: claims({ sub: "alice" }),
    no: [plain, ...claims({ sub: "bob" })],
  }),
  ...when("request.auth.audiences", ["api", "web*"], {
    yes: claims({ aud: "api" }, { aud: ["x", "api"] }, { aud: ["website"] }),
    no: [plain, ...claims({}, { aud: "other" }, { aud: [] })],
  }),
  ...when("request.auth.presenter", ["client"], {
    yes: claims({ azp: "client" }),
    no: claims({ azp: "clients" }, {}),
  }),
  ...when("request.auth.claims[role]", ["admin", "*-owner"], {
    yes: claims({ role: "admin" }, { role: ["user", "admin"] }, { role: "shop-owner" }),
    no: [plain, ...claims({}, { role: "user" }, { role: ["user"] }, { role: 1 }, { role: { admin: true } })],
  }),
  ...when("request.auth.claims[realm][roles]", ["admin"], {
    yes: claims({ realm: { roles: ["admin"] } }, { realm: { roles: "admin" } }),
    no: claims({ roles: ["admin"] }, { realm: "admin" }, { realm: { roles: { admin: 1 } } }),
  }),
  ...when("request.auth.claims[https://example.com/role]", ["admin"], {
    yes: claims({ "https://example.com/role": "admin" }),
    no: claims({ role: "admin" }),
  }),
  ...when("destination.ip", ["127.9.0.0/16"], { yes: [plain, tcp(plain)], no: [] }),
  ...when("destination.ip", ["10.0.0.0/8"], { yes: [], no: [plain, tcp(plain)] }),
  ...when("destination.port", ["1"], { yes: [], no: [plain, tcp(plain)] }),
  ...when("connection.sni", ["a.example.com"], {
    yes: [{ ...sleep, sni: "a.example.com" }],
    no: [plain, sleep, { ...sleep, sni: "b.example.com" }],
  }),
  ...when("connection.sni", ["*.example.com"], {
    yes: [{ ...sleep, sni: "a.example.com" }, tcp({ ...sleep, sni: "b.example.com" })],
    no: [plain, sleep, { ...sleep, sni: "example.org" }],
  }),
]);
