/** Which npm packages a running Lateen needs, by the lock file. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What only makes gen/, at installation, and the Node that stands apart. */
const NOT_AT_RUN_TIME = ["node", "@bufbuild/buf", "@bufbuild/protoc-gen-es", "@grpc/grpc-js-xds"];

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export type Lock = Readonly<Record<string, Locked>>;

/** Copies them from where npm has installed all. */
export function copyRuntimePackages(from: string, to: string): void {
  const { packages } = JSON.parse(readFileSync(join(from, "package-lock.json"), "utf8"));
  for (const folder of runtimePackages(packages)) cpSync(join(from, folder), join(to, folder), { recursive: true });
}

/** Their folders, `node_modules/NAME` or deeper: what the project depends on, and what that depends on. */
export function runtimePackages(lock: Lock, without: readonly string[] = NOT_AT_RUN_TIME): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = lock[folder] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = placeOf(lock, folder, name);
      if (place === undefined || found.has(place) || (folder === "" && without.includes(name))) continue;
      found.add(place);
      visit(place);
    }
  };
  visit("");
  return [...found].sort();
}

/** Where Node finds `name` from `folder`: the nearest node_modules upwards that has it. */
function placeOf(lock: Lock, folder: string, name: string): string | undefined {
  for (let from = folder; ; from = from.slice(0, Math.max(0, from.lastIndexOf("node_modules") - 1))) {
    const place = from === "" ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    if (place in lock) return place;
    if (from === "") return undefined;
  }
}
