/** What one sidecar holds in memory, in a mesh of 10 services and of 1,000, with the same ten of them in use. */
import { eventually } from "../test/support/eventually.ts";
import { backend, client, createServices } from "../test/support/many-services.ts";
import type { TestWorld } from "../test/support/world.ts";
import { type Figure, size } from "./figure.ts";
import { deploy, inWorld, memoryOf, podOf, sidecarProcess } from "./worlds.ts";

const USED = 10;
const SERVICES = 1_000;

export function sidecarMemory(): Promise<Figure[]> {
  return inWorld("up", async (world) => {
    await world.kubectl("label", "namespace", "default", "istio-injection=enabled");
    await createServices(world, USED);
    await deploy(world, backend(), client("before"));
    const figures = [await figure(world, "before", `${USED} services in the mesh, all in use`)];
    await createServices(world, SERVICES, USED);
    figures.push(await figure(world, "before", `the same sidecar when there are ${SERVICES}`));
    const annotations = { "lateen.dev/delivery": "Eager" };
    await deploy(world, client("after"), client("eager", { annotations }));
    figures.push(await figure(world, "after", `${SERVICES} from the start, ${USED} in use`));
    figures.push(await figure(world, "eager", `${SERVICES} pushed eagerly`));
    return figures;
  });
}

async function figure(world: TestWorld, app: string, what: string): Promise<Figure> {
  const pod = await podOf(world, app);
  for (let i = 0; i < USED; i++) await eventually(() => world.kubectl("exec", pod, "-c", "app", "--", ...fetch(i)));
  const memory = JSON.parse(
    await world.kubectl("exec", pod, "-c", "app", "--", "curl", "-sS", "http://localhost:15000/memory"),
  );
  const { own, share } = memoryOf(sidecarProcess(pod));
  return {
    what,
    value: `${size(Number(memory.allocated))} allocated`,
    note: `${size(own)} of its own, ${size(share)} with its share of the binary (PSS)`,
  };
}

function fetch(service: number): string[] {
  return ["curl", "-sSf", "-o", "/dev/null", `http://svc-${service}/details/0`];
}
