/** The page's one metric, in Prometheus' text format: how its own requests to the others ended. */
const results = new Map<string, number>();

export function countResult(app: string, status: number): void {
  const labels = `destination_app="${app}",response_code="${status}"`;
  results.set(labels, (results.get(labels) ?? 0) + 1);
}

export function exposition(): string {
  const lines = [...results].map(([labels, count]) => `request_result_total{${labels}} ${count}\n`);
  return `# HELP request_result_total Results of requests\n# TYPE request_result_total counter\n${lines.join("")}`;
}
