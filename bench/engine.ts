/** The engine alone: one pass for a change against computing everything anew. */
import { CLUSTER, LISTENER, LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, VIRTUAL_HOST } from "../src/envoy/types.ts";
import { type Figure, median, milliseconds, ratio } from "./figure.ts";
import { editVirtualService, peerOf, type SimulatedMesh, simulateMesh } from "./simulated/mesh.ts";

const SERVICES = 1_000;
const PROXIES = 100;
const CHANGES = 200;

export async function engineCosts(): Promise<Figure[]> {
  let mesh = everything();
  const scratch = median(
    [1, 2, 3].map(() =>
      timed(() => {
        mesh = everything();
      }),
    ),
  );
  editVirtualService(mesh.inputs, 7, CHANGES + 1);
  const edit = typical((i) => editVirtualService(mesh.inputs, 7, i + 1));
  const endpoint = typical((i) => moveEndpoint(mesh, i % SERVICES));
  const unused = typical((i) => mesh.inputs.configMaps.set("istio-system/other", configMap(i)));
  const against = (ms: number): string => `${ratio(ms, scratch)} of all`;
  return [
    { what: `all rows of ${SERVICES} services and ${PROXIES} eager proxies`, value: milliseconds(scratch) },
    { what: "an edit of a VirtualService", value: milliseconds(edit), note: against(edit) },
    { what: "an endpoint that moves", value: milliseconds(endpoint), note: against(endpoint) },
    { what: "a change that concerns nobody", value: milliseconds(unused), note: against(unused) },
  ];
}

/** A mesh whose every row is wanted. */
function everything(): SimulatedMesh {
  const mesh = simulateMesh(SERVICES, PROXIES, "Eager");
  for (let i = 0; i < PROXIES; i++) {
    const { id } = peerOf(i);
    mesh.source.connect(peerOf(i));
    const want = (type: string): Iterable<string> => mesh.source.view(id)?.push.get(type)?.values() ?? [];
    for (const type of [LISTENER, VIRTUAL_HOST, CLUSTER]) mesh.source.retain(type, want(type));
    const view = mesh.source.view(id);
    if (!view) throw new Error(`${id} has no view`);
    mesh.source.retain(ROUTE_CONFIGURATION, [mesh.source.keyOf(view, ROUTE_CONFIGURATION, "80")]);
    mesh.source.retain(LOAD_ASSIGNMENT, want(CLUSTER));
  }
  return mesh;
}

function moveEndpoint({ inputs }: SimulatedMesh, service: number): void {
  const key = `default/svc-${service}-1`;
  const slice = inputs.endpointSlices.get(key);
  const [first, ...others] = slice?.endpoints ?? [];
  if (!slice || !first) throw new Error(`${key} has no endpoints`);
  inputs.endpointSlices.set(key, { ...slice, endpoints: [...others, { ...first, addresses: ["10.200.0.1"] }] });
}

function configMap(i: number): { metadata: { name: string; namespace: string; labels: Record<string, string> } } {
  return { metadata: { name: "other", namespace: "istio-system", labels: { generation: String(i) } } };
}

function typical(change: (i: number) => void): number {
  return median(Array.from({ length: CHANGES }, (_, i) => timed(() => change(i))));
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
