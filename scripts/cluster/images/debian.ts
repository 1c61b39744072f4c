/** Files of Debian packages and of all that they depend on, whatever the machine itself has installed. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LateenError } from "../../../src/errors.ts";
import { run, succeeds } from "../run.ts";
import type { Fill } from "./layer.ts";

/** Leaves a system with these packages, the tools of busybox where no package has them, and the users of Istio's images. */
export function debian(packages: readonly string[]): Fill {
  return (root) => {
    const work = mkdtempSync(join(tmpdir(), "lateen-debian-"));
    try {
      for (const archive of download(work, ["busybox-static", ...packages]))
        run("dpkg-deb", ["--extract", archive, root]);
    } finally {
      rmSync(work, { recursive: true });
    }
    for (const folder of ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"]) {
      rmSync(join(root, folder), { recursive: true, force: true });
    }
    addTools(root);
    addUsers(root);
  };
}

/** apt with nothing installed: it gets every package that those wanted depend on. */
function download(work: string, packages: readonly string[]): string[] {
  const archives = join(work, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  writeFileSync(join(work, "status"), "");
  const get = [
    ...["-o", `Dir::State::status=${join(work, "status")}`],
    ...["-o", `Dir::Cache::archives=${archives}`],
    ...["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"],
    ...["install", "--yes", "--no-install-recommends", "--download-only", ...packages],
  ];
  if (!succeeds("apt-get", get)) {
    // the lists may be older than the archive, or not there
    updateLists();
    run("apt-get", get);
  }
  const files = readdirSync(archives).filter((file) => file.endsWith(".deb"));
  return files.map((file) => join(archives, file));
}

function updateLists(): void {
  if (succeeds("apt-get", ["update", "-qq"])) return;
  throw new LateenError(
    "LTN5511",
    "images are made of Debian's packages, and apt-get does not get their lists on this machine",
    "Make them on a Debian or Ubuntu, or with docker: images/README.md",
  );
}

function addTools(root: string): void {
  const bin = join(root, "bin");
  const there = new Set(["bin", "sbin", "usr/bin", "usr/sbin"].flatMap((folder) => list(join(root, folder))));
  for (const tool of run(join(bin, "busybox"), ["--list"]).trim().split("\n")) {
    if (!there.has(tool)) symlinkSync("busybox", join(bin, tool));
  }
}

function addUsers(root: string): void {
  for (const folder of ["etc", "tmp", "var/tmp", "root", "run"]) mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ["tmp", "var/tmp"]) chmodSync(join(root, folder), 0o1777);
  const users = [
    "root:x:0:0:root:/root:/bin/sh",
    "istio-proxy:x:1337:1337::/:/bin/sh",
    "nobody:x:65534:65534:nobody:/:/bin/sh",
  ];
  writeFileSync(join(root, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(root, "etc/group"), "root:x:0:\nistio-proxy:x:1337:\nnogroup:x:65534:\n");
  writeFileSync(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
