/**
 * A world that tests drive as a user does, by `lateen` and `kubectl`. There are two kinds, and what is tested in both
 * (test/worlds) cannot tell which it is in: one machine, and a real Kubernetes.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureKubectl } from "../../scripts/kubectl.ts";
import { type Outcome, run } from "./run.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const LATEEN = join(ROOT, "bin/lateen");

const BOOKINFO_GATEWAY = "bookinfo-gateway-istio";

export abstract class TestWorld {
  /** What kubectl and lateen find this world by. */
  protected abstract readonly env: NodeJS.ProcessEnv;
  #kubectl = "kubectl";

  /** Brings it up: `up` with nothing but the mesh and its ingress gateway, `demo` with Bookinfo and its own gateway. */
  abstract start(content: "up" | "demo"): Promise<string>;

  /** Ends it and forgets it. */
  abstract end(): Promise<void>;

  /** Where a gateway's Service is reached from this machine, without a slash at the end. */
  abstract gateway(name: string, namespace?: string): Promise<string>;

  /** Where a port of a gateway's Service is reached from this machine. */
  abstract gatewayPort(name: string, namespace: string, port: number): Promise<{ host: string; port: number }>;

  /** Sees to it that there is a service to count Global rate limits. */
  abstract countRateLimits(): Promise<void>;

  /** Where Bookinfo is reached once it is there. */
  bookinfo(): Promise<string> {
    return this.gateway(BOOKINFO_GATEWAY);
  }

  /** Runs lateen; fails the test when it fails. Returns what it printed. */
  async lateen(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.tryLateen(...args);
    assert.equal(status, 0, `lateen ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  tryLateen(...args: string[]): Promise<Outcome> {
    return run(LATEEN, args, { env: this.env, cwd: ROOT });
  }

  async kubectl(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(args);
    assert.equal(status, 0, `kubectl ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  tryKubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return run(this.#kubectl, args, { env: this.env, cwd: ROOT, ...(input !== undefined && { input }) });
  }

  /** `kubectl apply` of YAML given as text; returns what kubectl said, warnings included. */
  async apply(yaml: string): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(["apply", "-f", "-"], yaml);
    assert.equal(status, 0, stderr);
    return stderr + stdout;
  }

  /** Namespace default takes part in the mesh, and these files of samples/ are in it and run. */
  async deploy(...files: string[]): Promise<void> {
    await this.kubectl("label", "namespace", "default", "istio-injection=enabled", "--overwrite");
    await this.kubectl("apply", ...files.flatMap((file) => ["-f", join("samples", file)]));
    await this.kubectl("wait", "--for=condition=available", "--timeout=120s", "deployment", "--all");
  }

  protected async findKubectl(): Promise<void> {
    this.#kubectl = await ensureKubectl((line) => console.log(line));
  }
}
