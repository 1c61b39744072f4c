import type { World } from "../world.ts";
import type { EndpointGroup } from "./service-endpoints.ts";
import { MANAGED_BY_LABEL, type SliceOwner, sliceWrites } from "./slices.ts";

/** Makes the owner's slices hold these endpoints. */
export async function writeSlices(
  world: World,
  owner: SliceOwner,
  groups: ReadonlyMap<string, EndpointGroup>,
): Promise<void> {
  const owned = world.endpointSlices.controlledBy(owner.object.metadata.uid ?? "");
  const existing = owned.filter(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined && metadata.labels?.[MANAGED_BY_LABEL] === owner.managedBy,
  );
  const writes = sliceWrites(owner, groups, existing);
  // New addresses come before old ones go: a reader in between sees too many rather than too few.
  await Promise.all(writes.create.map((slice) => world.endpointSlices.create(slice)));
  await Promise.all(writes.update.map((slice) => world.endpointSlices.update(slice)));
  await Promise.all(writes.delete.map((slice) => world.endpointSlices.delete(slice)));
}
