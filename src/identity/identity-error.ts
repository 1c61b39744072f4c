/** What this folder refuses, with a code, the reason, and what to do. */
export class IdentityError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = "IdentityError";
    this.code = code;
  }
}
