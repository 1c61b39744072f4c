/** TLS that proxies begin with servers outside: at a sidecar, and at an egress gateway that is reached by mutual TLS. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestAuthority, type TestKeyPair, testAuthority, tlsSecret } from "../../src/mesh/testing-certificates.ts";
import { Account } from "../support/account.ts";
import { eventually } from "../support/eventually.ts";
import { openWorld } from "../support/open-world.ts";
import { asksHttp, IDLE, list, say, scripted, serviceOf } from "../support/scripted-pods.ts";

const OUTSIDE = "outside.example.com";
const EGRESS = "istio-ingressgateway.istio-system.svc.cluster.local";

/** Says which server name it was asked by, and who showed a certificate; on 7444 everybody must. */
const SERVER = `
const { CERT: cert, KEY: key, CA: ca } = process.env;
for (const [port, requestCert] of [[7443, false], [7444, true]]) {
  require("https").createServer({ cert, key, ca, requestCert, rejectUnauthorized: requestCert }, ({ socket }, response) => {
    const { subject } = socket.getPeerCertificate();
    response.end(JSON.stringify({ asked: socket.servername, client: subject?.CN ?? "" }));
  }).listen(port);
}`;

describe("TLS to servers outside", { timeout: 300_000 }, () => {
  const world = openWorld();
  let authority: TestAuthority;
  let address = "";

  const secret = async (key: string, pair: TestKeyPair): Promise<void> => {
    const type = "kubernetes.io/tls";
    const object = { apiVersion: "v1", kind: "Secret", type, ...tlsSecret(key, pair, authority.certificate) };
    await world.apply(JSON.stringify(object));
  };
  const networking = (kind: string, name: string, spec: object): object => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name },
    spec,
  });
  /** What the server outside says of who called it, by a pod's plain request for its name. */
  const asked = async (client: string): Promise<{ asked: string; client: string }> => {
    const said = await say(world, "default", client, asksHttp("local", 8080, { host: OUTSIDE }));
    assert.match(said, /^200 /);
    return JSON.parse(said.slice(4));
  };

  before(async () => {
    await world.start("up");
    authority = await testAuthority("outside");
    const { certificate, privateKey } = await authority.issue(OUTSIDE);
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled", "--overwrite");
    await world.kubectl("create", "namespace", "outside");
    await world.apply(
      list(
        ...scripted("server", "outside", SERVER, { CERT: certificate, KEY: privateKey, CA: authority.certificate }),
        ...scripted("client", "default", IDLE),
        ...scripted("other", "default", IDLE),
        // where requests for the name go by address: any of the mesh does
        serviceOf("client", "default", [{ name: "http", port: 8080 }], { name: "local" }),
      ),
    );
    for (const namespace of ["default", "outside"]) {
      await world.kubectl(
        ...["wait", "-n", namespace, "--for=condition=available", "--timeout=120s", "deployment", "--all"],
      );
    }
    const path = "jsonpath={.items[0].status.podIP}";
    address = await world.kubectl("get", "pod", "-n", "outside", "-l", "app=server", "-o", path);
    await secret("default/outside", await authority.issue("a client of default"));
    await secret("istio-system/outside", await authority.issue("the egress gateway"));
  });
  after(() => world.end());

  const serverAt = (plain: number, https: number): Promise<string> =>
    world.apply(
      list(
        networking("ServiceEntry", "outside", {
          hosts: [OUTSIDE],
          ports: [
            { number: 8080, name: "http", protocol: "HTTP", targetPort: plain },
            { number: 443, name: "https", protocol: "HTTPS", targetPort: https },
          ],
          location: "MESH_EXTERNAL",
          resolution: "STATIC",
          endpoints: [{ address }],
        }),
      ),
    );
  const rule = (tls: object, port: number, workloadSelector?: object): Promise<string> =>
    world.apply(
      list(
        networking("DestinationRule", "outside", {
          host: OUTSIDE,
          ...(workloadSelector && { workloadSelector }),
          trafficPolicy: { portLevelSettings: [{ port: { number: port }, tls }] },
        }),
      ),
    );

  test("a sidecar begins TLS with the roots of a Secret, if the rule is for its workload", async () => {
    await serverAt(7443, 7443);
    await rule({ mode: "SIMPLE", credentialName: "outside" }, 8080, { matchLabels: { app: "client" } });
    await eventually(async () => assert.deepEqual(await asked("client"), { asked: OUTSIDE, client: "" }));
    // the other one speaks plain text, which the server does not take
    assert.doesNotMatch(await say(world, "default", "other", asksHttp("local", 8080, { host: OUTSIDE })), /^200/);
  });

  test("it shows the certificate of the Secret", async () => {
    await serverAt(7444, 7444);
    await rule({ mode: "MUTUAL", credentialName: "outside" }, 8080, { matchLabels: { app: "client" } });
    await eventually(async () => assert.equal((await asked("client")).client, "a client of default"));
  });

  test("it asks by another name where the rule says so, and refuses a server that is called otherwise", async () => {
    const selector = { matchLabels: { app: "client" } };
    const named = { mode: "MUTUAL", credentialName: "outside", sni: "inner.example.com", subjectAltNames: [OUTSIDE] };
    await rule(named, 8080, selector);
    await eventually(async () => assert.equal((await asked("client")).asked, "inner.example.com"));
    await rule({ ...named, subjectAltNames: ["elsewhere.example.com"] }, 8080, selector);
    await eventually(async () =>
      assert.match(await say(world, "default", "client", asksHttp("local", 8080, { host: OUTSIDE })), /^503/),
    );
  });

  test("an egress gateway is reached by mutual TLS of the mesh, and begins TLS with the server", async () => {
    await rule({ mode: "MUTUAL", credentialName: "outside" }, 443);
    await world.apply(
      list(
        networking("Gateway", "egress", {
          selector: { istio: "ingressgateway" },
          servers: [
            {
              port: { number: 443, name: "https", protocol: "HTTPS" },
              hosts: [OUTSIDE],
              tls: { mode: "ISTIO_MUTUAL" },
            },
          ],
        }),
        networking("DestinationRule", "egress", {
          host: EGRESS,
          subsets: [
            {
              name: "outside",
              trafficPolicy: {
                portLevelSettings: [{ port: { number: 443 }, tls: { mode: "ISTIO_MUTUAL", sni: OUTSIDE } }],
              },
            },
          ],
        }),
        networking("VirtualService", "egress", {
          hosts: [OUTSIDE],
          gateways: ["mesh", "egress"],
          http: [
            {
              match: [{ gateways: ["mesh"], port: 8080 }],
              route: [{ destination: { host: EGRESS, subset: "outside", port: { number: 443 } } }],
            },
            {
              match: [{ gateways: ["egress"], port: 443 }],
              route: [{ destination: { host: OUTSIDE, port: { number: 443 } } }],
            },
          ],
        }),
      ),
    );
    for (const client of ["client", "other"]) {
      await eventually(async () => {
        const { asked: name, client: shown } = await asked(client);
        assert.deepEqual([name, shown], [OUTSIDE, "the egress gateway"]);
      }, 60_000);
    }
  });

  test("who is not of the mesh does not get through the egress gateway", async () => {
    const script = `const socket = require("tls").connect({ host: ${JSON.stringify(EGRESS)}, port: 443,
      servername: ${JSON.stringify(OUTSIDE)}, rejectUnauthorized: false });
      socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\\r\\nhost: ${OUTSIDE}\\r\\n\\r\\n"));
      socket.on("data", (data) => console.log(String(data))).on("error", (e) => console.log("refused", e.code));
      socket.on("end", () => console.log("refused")).setTimeout(10000, () => socket.destroy());`;
    assert.match(await say(world, "outside", "server", script), /^refused/);
  });

  test("every proxy accepted all of it", async () => {
    await eventually(async () => assert.deepEqual(await new Account(world).outOfSync(), []));
  });
});
