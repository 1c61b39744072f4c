/** Field paths as Kubernetes writes them: `spec.http[0].match`, `metadata.labels[example.com/team]`. */
export function fieldPath(steps: readonly (string | number)[]): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number" || /[^\w$-]/.test(step)) path += `[${step}]`;
    else path += path === "" ? step : `.${step}`;
  }
  return path;
}

/** The steps of a JSON pointer through a value: indices of lists become numbers. */
export function pointerSteps(pointer: string, root: unknown): (string | number)[] {
  let at = root;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(at) ? Number(name) : name;
      at = typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined;
      return step;
    });
}

/** The value at a path that a Problem names; undefined where it leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  let at = root;
  for (const [, name, bracketed] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    const step = name ?? bracketed ?? "";
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}
