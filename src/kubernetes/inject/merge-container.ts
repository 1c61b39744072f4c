import type { Container } from "../../kinds/core/container.ts";

/**
 * Lays what a user wrote for container `istio-proxy` over what injection made. Lists with names are merged by name,
 * anything else that the user gave wins; image `auto` stands for "whatever injection says".
 */
export function mergeContainer(made: Container, written: Container): Container {
  const { image, ...rest } = written;
  const chosen = image === undefined || image === "auto" || image === "" ? made.image : image;
  return {
    ...made,
    ...rest,
    ...(chosen === undefined ? {} : { image: chosen }),
    env: byKey(made.env, written.env, (entry) => entry.name),
    ports: byKey(made.ports, written.ports, (port) => `${port.containerPort}/${port.protocol ?? "TCP"}`),
    volumeMounts: byKey(made.volumeMounts, written.volumeMounts, (mount) => mount.mountPath),
    securityContext: { ...made.securityContext, ...written.securityContext },
  };
}

function byKey<T>(made: readonly T[] | undefined, written: readonly T[] | undefined, key: (item: T) => string): T[] {
  const merged = new Map((made ?? []).map((item) => [key(item), item]));
  for (const item of written ?? []) merged.set(key(item), item);
  return [...merged.values()];
}
