import assert from "node:assert/strict";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, run } from "./run.ts";
import { LATEEN, ROOT, TestWorld } from "./world.ts";

/** What `lateen status -o json` says, as far as tests read it. */
export interface Status {
  pid: number;
  apiServer: string;
  kubeconfig: string;
  gateways: { name: string; namespace: string; url: string }[];
  pods: { name: string; namespace: string; ready: string; status: string }[];
  proxies: { name: string; synced: boolean }[];
}

/** A one-machine world of its own in a folder of its own. */
export class LocalWorld extends TestWorld {
  readonly home = mkdtempSync(join(tmpdir(), "lateen-test-"));
  protected readonly env: NodeJS.ProcessEnv;
  readonly #uid: number | undefined;

  /** `uid`: of another user, who then runs lateen; only root can say so. */
  constructor(uid?: number) {
    super();
    this.#uid = uid;
    if (uid !== undefined) chownSync(this.home, uid, uid);
    this.env = { ...process.env, LATEEN_HOME: this.home, KUBECONFIG: join(this.home, "kubeconfig") };
  }

  /** `lateen demo` or `lateen up`, left running. Returns what it printed. */
  async start(content: "demo" | "up"): Promise<string> {
    await this.findKubectl();
    return this.lateen(content, "--detach");
  }

  /** It comes with the first of them. */
  async countRateLimits(): Promise<void> {}

  override tryLateen(...args: string[]): Promise<Outcome> {
    if (this.#uid === undefined) return super.tryLateen(...args);
    const user = [`--reuid=${this.#uid}`, `--regid=${this.#uid}`, "--clear-groups"];
    return run("setpriv", [...user, LATEEN, ...args], { env: { ...this.env, HOME: this.home }, cwd: ROOT });
  }

  async gateway(name: string, namespace?: string): Promise<string> {
    const { gateways } = await this.status();
    const found = gateways.find((each) => each.name === name && each.namespace === (namespace ?? each.namespace));
    assert.ok(found, `no gateway ${name} in ${JSON.stringify(gateways)}`);
    return found.url;
  }

  async gatewayPort(name: string, namespace: string, port: number): Promise<{ host: string; port: number }> {
    const path = `jsonpath={.spec.ports[?(@.port==${port})].nodePort}`;
    const nodePort = await this.kubectl("get", "service", name, "--namespace", namespace, "-o", path);
    assert.notEqual(nodePort, "", `Service ${name} has no port ${port}`);
    return { host: "127.0.0.1", port: Number(nodePort) };
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
