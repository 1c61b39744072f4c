import { LateenError } from "../errors.ts";

/** What this folder refuses: proxies that are not who they say, and CAs that cannot work. */
export class IdentityError extends LateenError {
  constructor(code: string, message: string, remedy?: string) {
    super(code, message, remedy);
    this.name = `IdentityError [${code}]`;
  }

  /** In one line, for a peer or a log. */
  get text(): string {
    return `${this.code}: ${this.message}${this.remedy === undefined ? "" : `; ${this.remedy}`}`;
  }
}
