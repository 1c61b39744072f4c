/** What one edit of a VirtualService costs the control plane in a mesh of 1,000 services and 300 sidecars. */
import { type Figure, median, milliseconds, ratio, size } from "./figure.ts";
import { type Cost, Fleet } from "./simulated/fleet.ts";
import { type Delivery, editVirtualService } from "./simulated/mesh.ts";

const SERVICES = 1_000;
const SIDECARS = 300;
const USED = 10;
const EDITS = 20;

/** Used by every sidecar; the others of a sidecar are its own choice. */
const POPULAR = 0;
const ORDINARY = 7;

export async function editCosts(): Promise<Figure[]> {
  return [...(await edits("Lazy")), ...(await edits("Eager"))];
}

async function edits(delivery: Delivery): Promise<Figure[]> {
  const fleet = new Fleet(SERVICES, SIDECARS, delivery);
  editVirtualService(fleet.mesh.inputs, POPULAR, 60);
  editVirtualService(fleet.mesh.inputs, ORDINARY, 60);
  const first = await fleet.measure(() => {
    for (const [i, sidecar] of fleet.sidecars.entries()) sidecar.start(delivery === "Lazy" ? hostsOf(i) : []);
  });
  if (!fleet.synced()) throw new Error("the simulated sidecars did not come to be in sync");
  const how = delivery === "Lazy" ? `lazy, ${USED} used by each` : "eager";
  const figures = [figure(`${how}: first sync of all`, first)];
  for (const [service, who] of delivery === "Lazy"
    ? ([
        [ORDINARY, "of a few"],
        [POPULAR, "of all"],
      ] as const)
    : ([[ORDINARY, "of all"]] as const)) {
    const cost = await typicalEdit(fleet, service);
    figures.push(figure(`${how}: one edit, a service ${who}`, cost, first));
  }
  fleet.close();
  return figures;
}

async function typicalEdit(fleet: Fleet, service: number): Promise<Cost> {
  const costs: Cost[] = [];
  for (let i = 1; i <= EDITS; i++) {
    costs.push(await fleet.measure(() => editVirtualService(fleet.mesh.inputs, service, i)));
  }
  const of = (part: keyof Cost): number => median(costs.map((cost) => cost[part]));
  return { bytes: of("bytes"), messages: of("messages"), rows: of("rows"), cpuMs: of("cpuMs"), reached: of("reached") };
}

function figure(what: string, cost: Cost, whole?: Cost): Figure {
  const { rows, bytes, cpuMs, reached } = cost;
  const note = whole
    ? `CPU ${ratio(cpuMs, whole.cpuMs)}, bytes ${ratio(bytes, whole.bytes)}, rows ${ratio(rows, whole.rows)} of the whole`
    : "";
  return { what, value: `${milliseconds(cpuMs)} CPU, ${size(bytes)} to ${reached}, ${rows} rows`, note };
}

function hostsOf(sidecar: number): string[] {
  const own = Array.from({ length: USED - 1 }, (_, k) => (sidecar * (USED - 1) + k + 1) % SERVICES);
  return [POPULAR, ...own].map((service) => `svc-${service}`);
}
