import { StoreError } from "../../store/error.ts";

/** Whether something could not be made because its namespace is on its way out: nobody needs to hear of that. */
export function isNamespaceEnding(error: unknown): boolean {
  return error instanceof StoreError && error.causes.some(({ reason }) => reason === "NamespaceTerminating");
}
