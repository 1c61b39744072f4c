/** The suite's report: what it says, and what got worse since another one. Pure. */
import { parse } from "yaml";

interface Part {
  result: "success" | "partial" | "failure";
  statistics: { Passed: number; Skipped: number; Failed: number };
  failedTests?: string[];
  skippedTests?: string[];
  supportedFeatures?: string[];
  unsupportedFeatures?: string[];
}

interface Profile {
  name: string;
  core: Part;
  extended?: Part;
}

export interface Report {
  gatewayAPIChannel: string;
  gatewayAPIVersion: string;
  profiles: Profile[];
}

export function readReport(yaml: string): Report {
  const report: unknown = parse(yaml);
  if (isReport(report)) return report;
  throw new Error("this is not a ConformanceReport");
}

function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && "profiles" in value && Array.isArray(value.profiles);
}

export function isCoreInFull({ profiles }: Report): boolean {
  return profiles.length > 0 && profiles.every(({ core }) => core.result === "success");
}

/** A line for each part of each profile, and for what is missing of it. */
export function summary({ profiles }: Report): string[] {
  return parts(profiles).flatMap(({ title, part }) => {
    const { Passed, Failed, Skipped } = part.statistics;
    return [
      `${title}: ${part.result}, ${Passed} passed, ${Failed} failed, ${Skipped} skipped`,
      ...named("failed", part.failedTests),
      ...named("skipped", part.skippedTests),
      ...named("not supported", part.unsupportedFeatures),
    ];
  });
}

function named(what: string, names: readonly string[] = []): string[] {
  return names.length === 0 ? [] : [`  ${what}: ${names.join(", ")}`];
}

/** What was good in `before` and is not in `now`. */
export function regressions(before: Report, now: Report): string[] {
  const found = new Map(parts(now.profiles).map(({ title, part }) => [title, part]));
  return parts(before.profiles).flatMap(({ title, part: old }) => {
    const part = found.get(title);
    if (!part) return [`${title} was not tested`];
    const lost = (what: string, names: readonly string[] = [], known: readonly string[] = []): string[] =>
      names.filter((name) => !known.includes(name)).map((name) => `${title}: ${name} ${what}`);
    const fewer = part.statistics.Passed < old.statistics.Passed;
    return [
      ...lost("fails", part.failedTests, old.failedTests),
      ...lost("is skipped", part.skippedTests, old.skippedTests),
      ...lost("is not supported any more", part.unsupportedFeatures, old.unsupportedFeatures),
      ...(fewer ? [`${title}: ${part.statistics.Passed} tests passed, ${old.statistics.Passed} before`] : []),
    ];
  });
}

function parts(profiles: readonly Profile[]): { title: string; part: Part }[] {
  return profiles.flatMap(({ name, core, extended }) => [
    { title: `${name} core`, part: core },
    ...(extended ? [{ title: `${name} extended`, part: extended }] : []),
  ]);
}
