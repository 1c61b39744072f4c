import { readJson } from "../system/files.ts";
import type { ExecProfile } from "./execute.ts";

/** What a former node process wrote of a container that it started. */
export function readProfile(file: string): Omit<ExecProfile, "init"> | undefined {
  const value = readJson(file);
  if (typeof value !== "object" || value === null) return undefined;
  const { environment, workingDir, privileges } = { environment: {}, workingDir: "/", privileges: [], ...value };
  if (typeof environment !== "object" || environment === null || !Array.isArray(privileges)) return undefined;
  return {
    environment: Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, String(text)])),
    workingDir: String(workingDir),
    privileges: privileges.map(String),
  };
}
