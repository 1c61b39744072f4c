/** What the control plane counts of itself, in Prometheus' text format and under Istio's names where Istio has them. */
import type { Hub } from "../../xds/hub.ts";

type Labels = Readonly<Record<string, string>>;

interface Metric {
  help: string;
  type: "counter" | "gauge";
  /** By labels as they are printed. */
  values: Map<string, number>;
}

export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  count(name: string, help: string, labels: Labels = {}, by = 1): void {
    const { values } = this.#metric(name, help, "counter");
    const key = printed(labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  set(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#metric(name, help, "gauge").values.set(printed(labels), value);
  }

  text(): string {
    const lines = [...this.#metrics].flatMap(([name, { help, type, values }]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...[...values].map(([labels, value]) => `${name}${labels} ${value}`),
    ]);
    return `${lines.join("\n")}\n`;
  }

  #metric(name: string, help: string, type: Metric["type"]): Metric {
    const metric = this.#metrics.get(name) ?? { help, type, values: new Map() };
    this.#metrics.set(name, metric);
    return metric;
  }
}

function printed(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Counts what goes to proxies and what they refuse. */
export function countXds(metrics: Metrics, hub: Hub): void {
  hub.onSent(({ type, names, bytes }) => {
    const labels = { type: shortType(type) };
    metrics.count("pilot_xds_pushes", "Responses sent to proxies.", labels);
    metrics.count("lateen_xds_resources_sent_total", "Resources sent to proxies.", labels, names.length);
    metrics.count("lateen_xds_bytes_sent_total", "Bytes of responses sent to proxies.", labels, bytes);
  });
  hub.onNack(({ type }) => {
    metrics.count("pilot_total_xds_rejects", "Responses that proxies rejected.", { type: shortType(type) });
  });
}

/** What is so at this moment; to be called before the text is read. */
export function measure(metrics: Metrics, hub: Hub, version: string): void {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const started = (Date.now() - process.uptime() * 1000) / 1000;
  metrics.set("istio_build", "The version that runs.", 1, { component: "pilot", tag: version });
  metrics.set("pilot_xds", "Proxies connected to this control plane.", hub.status().length, { version });
  metrics.set("process_resident_memory_bytes", "Resident memory.", rss);
  metrics.set("nodejs_heap_size_used_bytes", "Memory used by objects.", heapUsed);
  metrics.set("process_cpu_seconds_total", "CPU time used.", (user + system) / 1e6);
  metrics.set("process_start_time_seconds", "When the process started, as Unix time.", Math.round(started));
}

function shortType(type: string): string {
  return type.slice(type.lastIndexOf(".") + 1);
}
