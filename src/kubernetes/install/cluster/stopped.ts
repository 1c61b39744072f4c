import { LateenError } from "../../../errors.ts";

/** What was begun and interrupted, such as by Ctrl-C, between two steps. */
export function stopped(): LateenError {
  return new LateenError(
    "LTN5331",
    "stopped in the middle",
    "Run the same command again to go on. What is there of an installation is removed by lateen uninstall --purge.",
  );
}
