import assert from "node:assert/strict";
import { test } from "node:test";
import { testAuthority } from "../mesh/testing-certificates.ts";
import { secretRows } from "./proxy-secrets.ts";

test("secrets are listed with their certificates' validity and serial, and without their keys", async () => {
  const authority = await testAuthority("ca");
  const { certificate, privateKey } = await authority.issue("a.com");
  const base64 = (value: string) => ({ inline_bytes: Buffer.from(value).toString("base64") });
  const dump = {
    dynamic_active_secrets: [
      {
        name: "kubernetes://cert",
        secret: { tls_certificate: { certificate_chain: base64(certificate), private_key: base64(privateKey) } },
      },
      {
        name: "kubernetes://cert-cacert",
        secret: {
          validation_context: { trusted_ca: { inline_string: authority.certificate + authority.certificate } },
        },
      },
    ],
    dynamic_warming_secrets: [{ name: "kubernetes://absent" }],
  };
  const rows = secretRows(dump, new Date());
  assert.deepEqual(
    rows.map((row) => row.slice(0, 4)),
    [
      ["kubernetes://cert", "Cert Chain", "ACTIVE", "true"],
      ["kubernetes://cert-cacert", "CA", "ACTIVE", "true"],
      ["kubernetes://cert-cacert", "CA", "ACTIVE", "true"],
      ["kubernetes://absent", "", "WARMING", "false"],
    ],
  );
  assert.match(rows[0]?.[4] ?? "", /^[0-9a-f]{32}$/);
  assert.match(rows[0]?.[5] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(
    rows.map((row) => row[7]),
    ["a.com", "CN=ca", "CN=ca", ""],
  );
  assert.equal(secretRows(dump, new Date(Date.now() + 10 * 365 * 86_400_000))[0]?.[3], "false");
  assert.ok(!JSON.stringify(rows).includes(privateKey.split("\n")[1] ?? ""));
});
