/** The `lateen` command. */
import { createProgram } from "./program.ts";
import { report } from "./report.ts";

// Whoever reads us, such as `head`, may have seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await createProgram().parseAsync();
} catch (error) {
  report(error);
}
