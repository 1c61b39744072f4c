/** Kubernetes' `$(NAME)` in commands, arguments and environment: `$$` is a dollar sign, unknown names stay as written. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return variables.get(name ?? "") ?? whole;
  });
}
