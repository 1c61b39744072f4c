/** An error that a user can do something about: what is wrong, and the remedy. Printed as it is, without a stack. */
export class LateenError extends Error {
  /** `LTN…`; listed in docs/errors.md. */
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, remedy?: string) {
    super(message);
    this.name = "LateenError";
    this.code = code;
    this.remedy = remedy;
  }
}
