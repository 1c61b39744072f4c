import assert from "node:assert/strict";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureKubectl } from "../../scripts/kubectl.ts";
import { type Outcome, run } from "./run.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const LATEEN = join(ROOT, "bin/lateen");

/** What `lateen status -o json` says, as far as tests read it. */
export interface Status {
  pid: number;
  apiServer: string;
  kubeconfig: string;
  gateways: { name: string; namespace: string; url: string }[];
  pods: { name: string; namespace: string; ready: string; status: string }[];
  proxies: { name: string; synced: boolean }[];
}

/** A world of its own in a folder of its own, driven as a user drives it: by `lateen` and `kubectl`. */
export class TestWorld {
  readonly home = mkdtempSync(join(tmpdir(), "lateen-test-"));
  readonly #env: NodeJS.ProcessEnv;
  readonly #uid: number | undefined;
  #kubectl = "kubectl";

  /** `uid`: of another user, who then runs lateen; only root can say so. */
  constructor(uid?: number) {
    this.#uid = uid;
    if (uid !== undefined) chownSync(this.home, uid, uid);
    this.#env = { ...process.env, LATEEN_HOME: this.home, KUBECONFIG: join(this.home, "kubeconfig") };
  }

  /** `lateen demo` or `lateen up`, left running. */
  async start(command: "demo" | "up"): Promise<string> {
    this.#kubectl = await ensureKubectl((line) => console.log(line));
    return this.lateen(command, "--detach");
  }

  /** Runs lateen; fails the test when it fails. Returns what it printed. */
  async lateen(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.tryLateen(...args);
    assert.equal(status, 0, `lateen ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  tryLateen(...args: string[]): Promise<Outcome> {
    const options = { env: { ...this.#env, HOME: this.home }, cwd: ROOT };
    if (this.#uid === undefined) return run(LATEEN, args, { env: this.#env, cwd: ROOT });
    const user = [`--reuid=${this.#uid}`, `--regid=${this.#uid}`, "--clear-groups"];
    return run("setpriv", [...user, LATEEN, ...args], options);
  }

  async kubectl(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(args);
    assert.equal(status, 0, `kubectl ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  tryKubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return run(this.#kubectl, args, { env: this.#env, cwd: ROOT, ...(input !== undefined && { input }) });
  }

  /** `kubectl apply` of YAML given as text; returns what kubectl said, warnings included. */
  async apply(yaml: string): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(["apply", "-f", "-"], yaml);
    assert.equal(status, 0, stderr);
    return stderr + stdout;
  }

  /** Runs a command in a pod's network and file system, past the API: also when that is dead. */
  inPod(pod: string, command: readonly string[]): Promise<Outcome> {
    const pid = readdirSync("/proc").find((name) => environmentOf(name).includes(`HOSTNAME=${pod}`));
    assert.ok(pid, `no process of pod ${pod}`);
    const user = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
    return run("nsenter", ["--target", pid, ...user, "--net", "--mount", "--", ...command]);
  }

  /** Processes that this world's node started and that still run. */
  processes(): string[] {
    return readdirSync("/proc").filter((pid) => environmentOf(pid).includes(`LATEEN_NODE_HOME=${this.home}`));
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.lateen("status", "-o", "json")) as Status;
  }

  /** Stops the world and forgets it. */
  async end(): Promise<void> {
    await this.lateen("down", "--purge");
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** The variables of a process; none when it is not one, or gone. */
function environmentOf(pid: string): string[] {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/environ`, "utf8").split("\0") : [];
  } catch {
    return [];
  }
}
