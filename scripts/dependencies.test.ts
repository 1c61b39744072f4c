import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

interface Locked {
  optionalDependencies?: Record<string, string>;
}
interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const read = (path: string): string => readFileSync(join(import.meta.dirname, "..", path), "utf8");

test("docs/dependencies.md says of every dependency, and of no other package, why it is here", () => {
  const { dependencies, devDependencies }: Manifest = JSON.parse(read("package.json"));
  const [table = "", development = ""] =
    read("docs/dependencies.md").split("\n\n`package-lock.json`")[0]?.split("For development:") ?? [];
  const names = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const firstColumn = table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(" | ")[0] ?? "");
  assert.deepEqual(firstColumn.flatMap(names).sort(), Object.keys(dependencies).sort());
  assert.deepEqual(names(development).sort(), Object.keys(devDependencies).sort());
});

test("the lock file has the packages of every platform: `npm ci` refuses one that lacks some", () => {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(read("package-lock.json"));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
  assert.deepEqual(missing, []);
});
