import type { Command } from "commander";
import { podKind } from "../kinds/core/pod.ts";
import { type ClusterOption, namespaceOf, withCluster } from "./cluster.ts";
import { type Completion, completions } from "./complete.ts";
import { discover, findType } from "./kubernetes/discovery.ts";

export type Shell = "bash" | "zsh" | "fish";

/** What a shell runs to know what could come next: it asks lateen itself, so that it is never out of date. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of lateen. Try it: source <(lateen completion bash)
_lateen() {
  local IFS=$'\\n' word
  COMPREPLY=()
  for word in $(lateen __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1); do
    [[ $word == "\${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$word")
  done
}
complete -o default -F _lateen lateen`,
  zsh: `#compdef lateen
# zsh completion of lateen. Try it: source <(lateen completion zsh)
_lateen() {
  local -a found
  local line
  for line in "\${(@f)$(lateen __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then _describe lateen found; else _files; fi
}
compdef _lateen lateen`,
  fish: `# fish completion of lateen. Try it: lateen completion fish | source
function __lateen_complete
  set -l words (commandline -opc) (commandline -ct)
  lateen __complete -- $words[2..-1] 2>/dev/null
end
complete -c lateen -a '(__lateen_complete)'`,
};

export function completion(shell: Shell): void {
  console.log(SCRIPTS[shell]);
}

/** The hidden command that the scripts run: a line per candidate, its description after a tab. */
export async function complete(program: Command, words: readonly string[], options: ClusterOption): Promise<void> {
  const { ready, ask } = completions(program, words);
  const namespace = words[words.findIndex((word) => word === "-n" || word === "--namespace") + 1];
  const asked = ask
    ? await fromWorld(ask.what, ask.words, { ...options, ...(words.includes("-n") && namespace && { namespace }) })
    : [];
  const typed = words.at(-1) ?? "";
  const found = new Map([...ready, ...asked].map(({ value, description }) => [value, description]));
  for (const [value, description] of found) if (value.startsWith(typed)) console.log(`${value}\t${description}`);
}

/** Nothing when no world runs: a completion never complains. */
async function fromWorld(
  what: string,
  words: readonly string[],
  options: ClusterOption & { namespace?: string },
): Promise<Completion[]> {
  if (!["pod", "type", "name"].includes(what)) return [];
  try {
    return await withCluster(options, async ({ store, http, connection }) => {
      const namespace = namespaceOf(options, connection);
      if (what === "type") {
        return (await discover(http)).map(({ plural, kind, group }) => ({
          value: plural,
          description: `${kind} ${group}`,
        }));
      }
      const type = what === "pod" ? podKind.type : findType(await discover(http), words[0] ?? "");
      const { items } = await store.list(type, type.namespaced ? { namespace } : {});
      return items.map(({ metadata }) => ({ value: metadata.name, description: type.kind }));
    });
  } catch {
    return [];
  }
}
