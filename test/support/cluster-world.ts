import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";
import { ROOT, TestWorld } from "./world.ts";

/** What of a cluster a test may stop and start. */
type Component = "apiserver" | "kubelet" | "controller-manager" | "scheduler";

/** The longest a cluster may take, when Kubernetes has to be built first. */
const BUILD_MS = 30 * 60_000;

/** A real single-node Kubernetes of its own, with Lateen installed as a user installs it. */
export class ClusterWorld extends TestWorld {
  readonly #name: string;
  protected readonly env: NodeJS.ProcessEnv;
  /** The administrator's. */
  readonly kubeconfig: string;

  constructor(name = process.env.LATEEN_TEST_CLUSTER ?? "test") {
    super();
    this.#name = name;
    const kubeconfig = join(homedir(), ".cache/lateen/clusters", name, "kubeconfig");
    this.kubeconfig = kubeconfig;
    // a home without a world: what lateen finds, it finds by the kubeconfig
    this.env = { ...process.env, KUBECONFIG: kubeconfig, LATEEN_HOME: join("/nonexistent", name) };
  }

  /** The cluster without Lateen. */
  async bare(): Promise<void> {
    await this.findKubectl();
    await this.#cluster("up");
    await this.#cluster("images");
  }

  async start(content: "demo" | "up"): Promise<string> {
    await this.bare();
    await this.gatewayApiCrds();
    const said = await this.lateen("install", "--set", "profile=demo", "-y");
    if (content === "demo") {
      await this.deploy("bookinfo/platform/kube/bookinfo.yaml", "bookinfo/gateway-api/bookinfo-gateway.yaml");
      await this.kubectl("wait", "--for=condition=programmed", "--timeout=120s", "gateway/bookinfo-gateway");
    }
    return said;
  }

  async countRateLimits(): Promise<void> {
    await this.lateen("install", "--set", "profile=demo", "--set", "values.rateLimit.enabled=true", "-y");
  }

  async gateway(name: string, namespace?: string): Promise<string> {
    const where = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
    const field = `--field-selector=metadata.name=${name}`;
    const path = "jsonpath={.items[0].status.loadBalancer.ingress[0].ip}";
    const address = await this.kubectl("get", "service", ...where, field, "-o", path);
    assert.notEqual(address, "", `Service ${name} has no address`);
    return `http://${address}`;
  }

  async gatewayPort(name: string, namespace: string, port: number): Promise<{ host: string; port: number }> {
    const url = await this.gateway(name, namespace);
    return { host: new URL(url).hostname, port };
  }

  /** Stops a component as a crash would, does something, and starts it again. */
  async without<T>(component: Component, work: () => Promise<T>): Promise<T> {
    await this.#cluster("stop", component, "--kill");
    try {
      return await work();
    } finally {
      await this.#cluster("start", component);
    }
  }

  /** A kubeconfig in `folder` of somebody who may look at everything, and nothing else. */
  async viewer(folder: string): Promise<string> {
    await this.kubectl("create", "serviceaccount", "viewer", "-n", "default");
    const role = ["--clusterrole=view", "--serviceaccount=default:viewer"];
    await this.kubectl("create", "clusterrolebinding", "viewer", ...role);
    const token = (await this.kubectl("create", "token", "viewer", "-n", "default")).trim();
    const path = join(folder, "viewer");
    const credentials = /client-certificate-data: .*\n(.*)client-key-data: .*/;
    writeFileSync(path, readFileSync(this.kubeconfig, "utf8").replace(credentials, `token: ${token}`));
    return path;
  }

  gatewayApiCrds(): Promise<string> {
    return this.#cluster("gateway-api");
  }

  async end(): Promise<void> {
    await this.#cluster("down");
  }

  async #cluster(...args: string[]): Promise<string> {
    const options = { cwd: ROOT, timeoutMs: BUILD_MS };
    const script = join(ROOT, "scripts/cluster/main.ts");
    const { status, stdout, stderr } = await run(process.execPath, [script, ...args, "--name", this.#name], options);
    assert.equal(status, 0, `cluster ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }
}
