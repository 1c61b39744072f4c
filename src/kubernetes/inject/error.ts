/** A pod that asks for something that injection cannot do: the pod is refused, rather than run without its proxy. */
export class InjectionError extends Error {
  readonly code = "LTN4001";
  /** The annotation, or the field's path. */
  readonly field: string;
  readonly problem: string;
  readonly remedy: string;

  constructor(annotation: string, problem: string, remedy: string) {
    super(`LTN4001: metadata.annotations[${annotation}]: ${problem}: ${remedy}`);
    this.name = "InjectionError";
    this.field = `metadata.annotations[${annotation}]`;
    this.problem = problem;
    this.remedy = remedy;
  }
}
