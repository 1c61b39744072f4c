/** `lateen demo` where it ran before, from the command to the first page. */
import { get } from "../test/support/load.ts";
import type { TestWorld } from "../test/support/world.ts";
import { type Figure, median } from "./figure.ts";
import { inWorld } from "./worlds.ts";

const STARTS = 3;

export function warmStart(): Promise<Figure[]> {
  return inWorld("demo", async (world) => {
    const url = await world.bookinfo();
    const starts: { page: number; command: number }[] = [];
    for (let i = 0; i < STARTS; i++) {
      await world.lateen("down");
      starts.push(await start(world, `${url}/productpage`));
    }
    const of = (part: "page" | "command"): string => `${median(starts.map((each) => each[part])).toFixed(1)} s`;
    return [
      { what: "to the first product page", value: of("page"), note: `median of ${STARTS}` },
      { what: "to the end of `lateen demo --detach`", value: of("command") },
    ];
  });
}

async function start(world: TestWorld, page: string): Promise<{ page: number; command: number }> {
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const command = world.lateen("demo", "--detach").then(seconds);
  const [atPage, atEnd] = await Promise.all([firstAnswer(page).then(seconds), command]);
  return { page: atPage, command: atEnd };
}

/** Asks ten times a second, whether earlier questions were answered or not: one that hangs must not hide the first page. */
async function firstAnswer(page: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ask = (): void => {
    const ignore = (): void => {}; // nobody listens yet
    get(page, { timeoutMs: 5_000 }).then(({ status }) => status === 200 && resolve(), ignore);
  };
  const asking = setInterval(ask, 100);
  const late = setTimeout(() => reject(new Error(`${page} did not answer with 200 within a minute`)), 60_000);
  await promise.finally(() => {
    clearInterval(asking);
    clearTimeout(late);
  });
}
