/**
 * The one link between the machine and a node, and the machine's routes over it. Its alias says whose it is: nothing
 * that could be out of date is written down.
 */
import { readdirSync, readFileSync } from "node:fs";
import { LateenError } from "../../../src/errors.ts";
import { type Addresses, addressesOf, SUBNETS } from "../addresses.ts";
import type { Instance } from "../instance.ts";
import { run, succeeds } from "../run.ts";

/** Takes the first subnet that is free. */
export function addLink({ state }: Instance, init: number): Addresses {
  for (let number = 1; number <= SUBNETS; number++) {
    const addresses = addressesOf(number);
    if (run("ip", ["-4", "route", "show", "root", `${addresses.gateway}/24`]) !== "") continue;
    const end = ["peer", "name", "eth0", "netns", String(init)];
    // The link's name decides between two clusters that come up at the same time.
    if (!succeeds("ip", ["link", "add", addresses.link, "type", "veth", ...end])) continue;
    run("ip", ["link", "set", addresses.link, "alias", state]);
    run("ip", ["address", "add", `${addresses.gateway}/30`, "dev", addresses.link]);
    run("ip", ["link", "set", addresses.link, "up"]);
    run("ip", ["route", "add", addresses.loadBalancers.cidr, "via", addresses.node]);
    return addresses;
  }
  throw new LateenError(
    "LTN5504",
    "no subnet of 10.79.0.0/16 is free",
    "Take clusters down: npm run cluster -- status",
  );
}

/** The kernel removes it with the node's namespace too, but a while later. */
export function removeLink(instance: Instance): void {
  const link = linkOf(instance);
  if (link !== undefined) succeeds("ip", ["link", "delete", link]);
}

/** Undefined when the node is not up. */
export function addressesOfRunning(instance: Instance): Addresses | undefined {
  const number = linkOf(instance)?.replace("lateen", "");
  return number === undefined ? undefined : addressesOf(Number(number));
}

function linkOf({ state }: Instance): string | undefined {
  const links = readdirSync("/sys/class/net").filter((name) => /^lateen\d+$/.test(name));
  return links.find((name) => aliasOf(name) === state);
}

function aliasOf(link: string): string {
  try {
    return readFileSync(`/sys/class/net/${link}/ifalias`, "utf8").trim();
  } catch {
    return "";
  }
}
