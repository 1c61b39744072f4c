/** copy-packages.ts FROM TO: for images/pilot/Dockerfile. */
import { copyRuntimePackages } from "./packages.ts";

const [from = "", to = ""] = process.argv.slice(2);
copyRuntimePackages(from, to);
