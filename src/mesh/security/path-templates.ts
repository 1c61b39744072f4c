/** Templates of paths: `{*}` is one part of it, `{**}` any number of them. As Envoy matches them. */
export function templateMatches(template: string, path: string): boolean {
  const expression = template
    .split(/(\{\*\*?\})/)
    .map((part) => (part === "{*}" ? PART : part === "{**}" ? REST : part.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&")))
    .join("");
  return new RegExp(`^${expression}$`).test(path);
}

const PART = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]+";
const REST = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=/]*";
