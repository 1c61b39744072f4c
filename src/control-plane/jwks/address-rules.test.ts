import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressRules, addressRefusal } from "./address-rules.ts";

const rules = (more: Partial<AddressRules> = {}): AddressRules => ({
  allowedNetworks: [],
  allowedHosts: [],
  isInternal: () => false,
  ...more,
});
const refused = (address: string, more?: Partial<AddressRules>): boolean =>
  addressRefusal("keys.example.com", address, rules(more)) !== undefined;

const EVERYTHING: Partial<AddressRules> = {
  allowedNetworks: ["0.0.0.0/0", "::/0"],
  allowedHosts: ["keys.example.com"],
};

for (const address of [
  "127.0.0.1",
  "127.8.8.8",
  "0.0.0.0",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::169.254.169.254",
  "169.254.169.254",
  "169.254.0.1",
  "fe80::1",
  "febf::1",
  "224.0.0.1",
  "255.255.255.255",
  "ff02::1",
  "168.63.129.16",
  "100.100.100.200",
  "fd00:ec2::254",
]) {
  test(`${address} is refused whatever is allowed`, () => {
    assert.equal(refused(address), true);
    assert.equal(refused(address, EVERYTHING), true);
  });
}

for (const address of [
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "::ffff:10.0.0.1",
  "fd12:3456::1",
  "64:ff9b::808:808",
  "2002:7f00:1::",
]) {
  test(`${address} is refused unless its network or the host is allowed`, () => {
    assert.equal(refused(address), true);
    assert.equal(refused(address, { allowedHosts: ["other.example.com"], allowedNetworks: ["10.1.0.0/32"] }), true);
    assert.equal(refused(address, { allowedHosts: ["keys.example.com"] }), false);
    assert.equal(refused(address, { allowedNetworks: ["0.0.0.0/0", "::/0"] }), false);
  });
}

for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
  test(`${address} is asked, unless the mesh itself lives there`, () => {
    assert.equal(refused(address), false);
    assert.equal(refused(address, { isInternal: (at) => at === address }), true);
    assert.equal(refused(address, { isInternal: () => true, allowedHosts: ["keys.example.com"] }), false);
  });
}

test("what is no network allows nothing, and what is no address is refused", () => {
  assert.equal(refused("10.0.0.1", { allowedNetworks: ["10.0.0.0", "10.0.0.0/99", "all", "/", "10.0.0.0/"] }), true);
  assert.equal(refused("localhost"), true);
});
