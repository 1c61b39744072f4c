/** What a check before an installation found. Errors keep it from being begun. */
export interface Finding {
  level: "error" | "warning" | "note";
  /** `LTN53xx`, as in docs/errors.md. */
  code: string;
  message: string;
  remedy: string;
  /** An error that --force turns into a warning. */
  forcible?: true;
}

export function error(code: string, message: string, remedy: string): Finding {
  return { level: "error", code, message, remedy };
}

export function warning(code: string, message: string, remedy: string): Finding {
  return { level: "warning", code, message, remedy };
}

export function note(code: string, message: string, remedy: string): Finding {
  return { level: "note", code, message, remedy };
}
