import { BlockList, isIP } from "node:net";

/** Whether an address is in a range (`10.0.0.0/8`), or is the one that it is (`10.0.0.1`). */
export function inRange(range: string, address: string): boolean {
  const [base = "", bits] = range.split("/");
  const family = isIP(base) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) !== isIP(base)) return false;
  const list = new BlockList();
  list.addSubnet(base, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  return list.check(address, family);
}
