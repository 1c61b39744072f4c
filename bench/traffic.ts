/** Requests through two sidecars against pod to pod, in turns, over the same kept-alive connections. */
import { spawnSync } from "node:child_process";
import { client, type DeploymentOptions, deployment } from "../test/support/many-services.ts";
import type { TestWorld } from "../test/support/world.ts";
import { type Figure, median, ratio } from "./figure.ts";
import { cpuSeconds, deploy, inWorld, podOf, sidecarProcess } from "./worlds.ts";

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 16;

interface Round {
  perSecond: number;
  p50: number;
  /** Of both Envoys, for 1,000 requests. */
  cpu: number;
}

export async function traffic(): Promise<Figure[]> {
  if (spawnSync("wrk", ["-v"]).error) return [{ what: "skipped", value: "", note: "there is no wrk on this machine" }];
  return inWorld("up", async (world) => {
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
    const without = { labels: { "sidecar.istio.io/inject": "false" } };
    await deploy(world, fast("meshed"), service("meshed"), fast("bare", without), client("in"), client("out", without));
    const [inside, outside, server] = [
      await podOf(world, "in"),
      await podOf(world, "out"),
      await podOf(world, "meshed"),
    ];
    const direct = `http://${await world.kubectl("get", "pod", "-l", "app=bare", "-o", "jsonpath={.items[0].status.podIP}")}:8080/`;
    const proxies = [sidecarProcess(inside), sidecarProcess(server)];
    const rounds: { direct: Round; meshed: Round }[] = [];
    for (let i = 0; i <= ROUNDS; i++) {
      const round = {
        direct: await load(world, outside, direct, []),
        meshed: await load(world, inside, "http://meshed/", proxies),
      };
      if (i > 0) rounds.push(round); // the first one warms everything up
    }
    const of = (way: "direct" | "meshed", part: keyof Round): number => median(rounds.map((round) => round[way][part]));
    const [bare, meshed] = [of("direct", "perSecond"), of("meshed", "perSecond")];
    return [
      figure("pod to pod", bare, of("direct", "p50")),
      figure("through two sidecars", meshed, of("meshed", "p50"), `${ratio(meshed, bare)} of pod to pod`),
      {
        what: "CPU of both sidecars",
        value: `${(1000 * of("meshed", "cpu")).toFixed(0)} ms`,
        note: "for 1,000 requests",
      },
    ];
  });
}

function figure(what: string, perSecond: number, p50: number, note = ""): Figure {
  return { what, value: `${Math.round(perSecond)} requests/s, p50 ${p50.toFixed(2)} ms`, note };
}

/** Runs wrk in a pod; `proxies` are the processes whose CPU is looked at. */
async function load(world: TestWorld, pod: string, url: string, proxies: readonly number[]): Promise<Round> {
  const used = (): number => proxies.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = used();
  const wrk = ["wrk", "-t1", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "--latency", url];
  const printed = await world.kubectl("exec", pod, "-c", "app", "--", ...wrk);
  const cpu = used() - before;
  const [, requests] = /(\d+) requests in/.exec(printed) ?? [];
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(printed) ?? [];
  const [, p50, unit] = /50%\s+([\d.]+)(us|ms|s)/.exec(printed) ?? [];
  if (requests === undefined || perSecond === undefined || p50 === undefined || /Non-2xx/.test(printed)) {
    throw new Error(`wrk in ${pod} did not do its work: ${printed}`);
  }
  const factor = unit === "us" ? 1e-3 : unit === "s" ? 1e3 : 1;
  return { perSecond: Number(perSecond), p50: Number(p50) * factor, cpu: (1000 * cpu) / Number(requests) };
}

function service(app: string): object {
  const spec = { selector: { app }, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name: app }, spec };
}

/** An application that costs little beside its proxy: an Envoy that answers by itself. */
function fast(name: string, options: DeploymentOptions = {}): object {
  const args = ["--config-yaml", JSON.stringify(ANSWERS), "--concurrency", "1", "--disable-hot-restart", "-l", "error"];
  return deployment(name, { image: "envoyproxy/envoy", args, ports: [{ containerPort: 8080 }] }, options);
}

const EXTENSIONS = "type.googleapis.com/envoy.extensions.filters";

const ANSWERS = {
  static_resources: {
    listeners: [
      {
        name: "answers",
        address: { socket_address: { address: "0.0.0.0", port_value: 8080 } },
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: {
                  "@type": `${EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager`,
                  stat_prefix: "answers",
                  http_filters: [{ name: "router", typed_config: { "@type": `${EXTENSIONS}.http.router.v3.Router` } }],
                  route_config: {
                    virtual_hosts: [
                      {
                        name: "all",
                        domains: ["*"],
                        routes: [
                          {
                            match: { prefix: "/" },
                            direct_response: { status: 200, body: { inline_string: "hello" } },
                          },
                        ],
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    ],
  },
};
