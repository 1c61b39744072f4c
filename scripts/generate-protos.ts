/**
 * Generates the TypeScript types of Envoy's API into gen/ (not committed) from the .proto files that the npm package
 * @grpc/grpc-js-xds ships, and from proto/, which says which of them we use and holds what that package lacks.
 * Runs after every install; does nothing when its inputs have not changed.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const deps = join(root, "node_modules/@grpc/grpc-js-xds/deps");
const work = join(root, "gen/.work");
const stamp = join(root, "gen/.stamp");

const key = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) process.exit(0);

rmSync(join(root, "gen"), { recursive: true, force: true });
for (const part of ["envoy-api", "xds", "googleapis"]) cpSync(join(deps, part), work, { recursive: true });
cpSync(join(root, "proto"), work, { recursive: true });
writeValidateRules();
extendRbac();
writeFileSync(join(work, "buf.yaml"), "version: v2\nmodules:\n  - path: .\n");
pruneTo(join(work, "lateen/envoy.proto"));
writeFileSync(
  join(work, "buf.gen.yaml"),
  JSON.stringify({
    version: "v2",
    plugins: [
      {
        local: join(root, "node_modules/.bin/protoc-gen-es"),
        out: join(root, "gen"),
        strategy: "all", // one run of the plugin, not one per folder: 2 s instead of 60
        opt: ["target=js+dts", "import_extension=js"],
      },
    ],
  }),
);
try {
  execFileSync(join(root, "node_modules/.bin/buf"), ["generate"], { cwd: work, stdio: ["ignore", "pipe", "pipe"] });
} catch (error) {
  const { stderr, stdout } = error as { stderr?: Buffer; stdout?: Buffer };
  console.error(`Generating the Envoy types failed:\n${stderr ?? error}${stdout ?? ""}`);
  process.exit(1);
}
rmSync(work, { recursive: true, force: true });
writeFileSync(stamp, key);

/** The package's validate.proto is older than its envoy-api: it lacks `ignore_empty`, which the annotations name. */
function writeValidateRules(): void {
  const text = readFileSync(join(deps, "protoc-gen-validate/validate/validate.proto"), "utf8");
  const patched = text.replace(
    /^message (Float|Double|U?Int\d+|S?Int\d+|S?Fixed\d+|String|Bytes|Repeated|Map)Rules \{$/gm,
    (line) => `${line}\n    optional bool ignore_empty = 1026;`,
  );
  mkdirSync(join(work, "validate"), { recursive: true });
  writeFileSync(join(work, "validate/validate.proto"), patched);
}

/** What the package does not know yet of RBAC: principals by extension, and metadata in the form that is not deprecated. */
function extendRbac(): void {
  const file = join(work, "envoy/config/rbac/v3/rbac.proto");
  const after = (field: string, added: string) => (text: string) => text.replace(field, `${field}\n    ${added}`);
  const extended = [
    after("core.v3.TypedExtensionConfig uri_template = 13;", "SourcedMetadata sourced_metadata = 14;"),
    after(
      "type.matcher.v3.FilterStateMatcher filter_state = 12;",
      "SourcedMetadata sourced_metadata = 13;\n    core.v3.TypedExtensionConfig custom = 14;",
    ),
  ].reduce((text, extend) => extend(text), readFileSync(file, "utf8"));
  const messages = [
    "enum MetadataSource { DYNAMIC = 0; ROUTE = 1; }",
    "message SourcedMetadata { type.matcher.v3.MetadataMatcher metadata_matcher = 1; MetadataSource metadata_source = 2; }",
  ];
  writeFileSync(file, `${extended}\n${messages.join("\n")}\n`);
}

/** Removes every .proto that `entry` does not reach: the package holds old versions that do not compile. */
function pruneTo(entry: string): void {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/^import (?:public |weak )?"([^"]+)";/gm)) {
      if (path) visit(join(work, path));
    }
  };
  visit(entry);
  for (const name of readdirSync(work, { recursive: true, encoding: "utf8" })) {
    const file = join(work, name);
    if (file.endsWith(".proto") && !seen.has(file)) rmSync(file);
  }
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const name of ["@grpc/grpc-js-xds", "@bufbuild/protoc-gen-es"]) {
    hash.update(readFileSync(join(root, "node_modules", name, "package.json")));
  }
  for (const name of readdirSync(join(root, "proto"), { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".proto")) hash.update(name).update(readFileSync(join(root, "proto", name)));
  }
  hash.update(readFileSync(join(import.meta.dirname, "generate-protos.ts")));
  mkdirSync(dirname(stamp), { recursive: true });
  return hash.digest("hex");
}
