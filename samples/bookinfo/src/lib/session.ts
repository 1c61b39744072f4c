/**
 * Who is signed in, in a signed cookie, so that any replica of the page knows it. There are no passwords here: anybody
 * may be anybody, which is what the walk through user-based routing needs.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

const KEY = process.env.SESSION_KEY ?? "a sample application keeps no secrets";
const LONGEST_NAME = 64;

export function userOf(request: IncomingMessage): string | undefined {
  const value = /(?:^|;\s*)session=([\w-]+)\.([\w-]+)/.exec(request.headers.cookie ?? "");
  const [, name = "", signature = ""] = value ?? [];
  const expected = Buffer.from(sign(name));
  const given = Buffer.from(signature);
  if (name === "" || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return Buffer.from(name, "base64url").toString();
}

/** The cookie that signs `user` in, or out when it is undefined or blank. */
export function sessionCookie(user: string | undefined): string {
  const name = cleaned(user ?? "");
  if (name === "") return "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
  const encoded = Buffer.from(name).toString("base64url");
  return `session=${encoded}.${sign(encoded)}; Path=/; HttpOnly; SameSite=Lax`;
}

/** The name as a header's value: its UTF-8 bytes, as Node writes headers in latin1. */
export function endUserHeader(user: string): string {
  return Buffer.from(user).toString("latin1");
}

function cleaned(user: string): string {
  return user
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, LONGEST_NAME);
}

function sign(text: string): string {
  return createHmac("sha256", KEY).update(text).digest("base64url");
}
