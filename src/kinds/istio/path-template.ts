/** Templates of paths in policies: `{*}` stands for one part, `{**}` for any number of them. */

/** Of a part of a path: Envoy's, from RFC 3986. */
const LITERAL = /^[a-zA-Z0-9-._~%!$&'()+,;:@=]+$/;

/** Why a text is no template that Envoy takes; undefined where it is one, or has no template in it. */
export function templateProblem(text: string): string | undefined {
  const isTemplate = /\{\*\*?\}/.test(text);
  const parts = text.replace(/^\/+|\/+$/g, "").split("/");
  let last = false;
  for (const part of parts) {
    if (part === "{*}" || part === "{**}") {
      if (last) return "nothing but plain parts can come after {**}";
      last = part === "{**}";
    } else if (/[{}]/.test(part)) return `"${part}" has braces that are no {*} or {**} of their own`;
    else if (isTemplate && !LITERAL.test(part)) return `"${part}" cannot stand beside a template`;
  }
  return undefined;
}
