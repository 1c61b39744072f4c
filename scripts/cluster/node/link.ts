/** The one link between the machine and a node, and the machine's routes over it. */
import { writeFileSync } from "node:fs";
import { LateenError } from "../../../src/errors.ts";
import { type Addresses, addressesOf, SUBNETS } from "../addresses.ts";
import { type Instance, subnetOf } from "../instance.ts";
import { run, succeeds } from "../run.ts";

/** Takes the subnet that the cluster had, or the first that is free. */
export function addLink(instance: Instance, init: number): Addresses {
  const before = subnetOf(instance);
  const all = Array.from({ length: SUBNETS }, (_, index) => index + 1);
  for (const number of before === undefined ? all : [before, ...all]) {
    const addresses = addressesOf(number);
    if (run("ip", ["-4", "route", "show", "root", `${addresses.gateway}/24`]) !== "") continue;
    const end = ["peer", "name", "eth0", "netns", String(init)];
    // The link's name decides between two clusters that come up at the same time.
    if (!succeeds("ip", ["link", "add", addresses.link, "type", "veth", ...end])) continue;
    run("ip", ["address", "add", `${addresses.gateway}/30`, "dev", addresses.link]);
    run("ip", ["link", "set", addresses.link, "up"]);
    run("ip", ["route", "add", addresses.loadBalancers.cidr, "via", addresses.node]);
    writeFileSync(instance.subnetFile, String(number));
    return addresses;
  }
  throw new LateenError("LTN5504", "no subnet of 10.79.0.0/16 is free", "Take clusters down: npm run cluster status");
}

export function removeLink(instance: Instance): void {
  const number = subnetOf(instance);
  // The kernel removes it with the node's namespace too, but a while later.
  if (number !== undefined) succeeds("ip", ["link", "delete", addressesOf(number).link]);
}
