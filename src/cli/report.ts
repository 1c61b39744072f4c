import { LateenError } from "../errors.ts";
import { type Reason, StoreError } from "../store/error.ts";

/** What helps with what an API says in a word. */
const REMEDIES: Partial<Record<Reason, string>> = {
  Unauthorized:
    "The credentials of the kubeconfig are not accepted, or no longer: sign in again, or name another with --kubeconfig.",
  Forbidden: "You may not do that with these credentials: kubectl auth can-i --list shows what you may.",
};

/** Prints what went wrong as a user needs it, and makes the process end with status 1. */
export function report(error: unknown): void {
  process.exitCode = 1;
  for (const line of explained(error)) console.error(line);
  if (process.env.LATEEN_DEBUG) console.error(error);
}

/** `Error LTN…: what is wrong`, and the remedy on a line of its own. */
export function explained(error: unknown): string[] {
  if (error instanceof LateenError) return lines(`Error ${error.code}`, error.message, error.remedy);
  const message = error instanceof Error ? error.message : String(error);
  const [, code, rest = ""] = /^(LTN\d{4}): (.*)$/s.exec(message) ?? [];
  if (code !== undefined) {
    const at = rest.lastIndexOf("; ");
    return at < 0
      ? lines(`Error ${code}`, rest)
      : lines(`Error ${code}`, rest.slice(0, at), sentence(rest.slice(at + 2)));
  }
  if (error instanceof StoreError)
    return lines(`Error from the API (${error.reason})`, message, REMEDIES[error.reason]);
  return lines("Error LTN5000", message, "This was not foreseen. With LATEEN_DEBUG=1 it says where it happened.");
}

function lines(title: string, message: string, remedy?: string): string[] {
  return [`${title}: ${message.trimEnd()}`, ...(remedy ? [`  ${remedy}`] : [])];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
