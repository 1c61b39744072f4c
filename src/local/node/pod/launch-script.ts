/**
 * The shell script that becomes a container: it runs as the first process of new mount and process namespaces, makes
 * the container's root, starts the command, passes on SIGTERM, reaps orphans and keeps the exit code. A shell is what
 * every machine has, and it holds a container in under a megabyte.
 *
 * Descriptor 3 tells the node how far it is: `pid N`, then `started` or `failed WHY`. Descriptor 9 is the exit file,
 * opened before the root changes; it is how a node process that was not there learns how the container ended.
 */
import { commandPath, SYSTEM_PATH } from "../system/commands.ts";
import { MARKER } from "../system/processes.ts";
import type { Bind, Opening, RootPlan } from "./root-plan.ts";

export interface LaunchPlan {
  root: RootPlan;
  /** An empty folder of the host to make the root on. */
  mountPoint: string;
  /** A folder with the pod's hosts, hostname and resolv.conf. */
  etc: string;
  exitFile: string;
  environment: ReadonlyMap<string, string>;
  workingDir: string;
  /** Options of setpriv. */
  privileges: readonly string[];
  command: readonly string[];
}

/** Exit code of a container that could not be started, as container runtimes have it. */
export const START_FAILED = 128;

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty", "ptmx"];
/** Names that a shell takes for a variable; others must be handed over by env(1). */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function launchScript(plan: LaunchPlan): string {
  return `${[
    "set -u",
    // Not children's business, so closed where the command starts.
    `exec 9>>${quote(plan.exitFile)}`,
    `fail() { echo "failed $1" >&3; echo ${START_FAILED} >&9; exit ${START_FAILED}; }`,
    "read -r pid rest </proc/self/stat || fail 'no /proc'",
    'echo "pid $pid" >&3',
    ...makeRoot(plan),
    ...enterRoot(),
    ...supervise(plan),
  ].join("\n")}\n`;
}

function makeRoot({ root, mountPoint, etc }: LaunchPlan): string[] {
  const bound = root.hostFolders.filter((name) => !root.openings.some(({ path }) => path === `/${name}`));
  const paths = (names: readonly string[]) => names.map((name) => quote(`./${name}`)).join(" ");
  return [
    `cd ${quote(mountPoint)} && mount -t tmpfs -o mode=755 lateen . && cd ${quote(mountPoint)} || fail 'cannot mount a root'`,
    "mkdir .lateen && mount -t tmpfs -o mode=755 lateen .lateen && mkdir .lateen/old || fail 'cannot mount a root'",
    `mkdir -p dev proc run/lock sys tmp ${paths(root.hostFolders)}`,
    "chmod 1777 tmp run/lock",
    ...root.hostLinks.map(({ name, target }) => `ln -s ${quote(target)} ${quote(`./${name}`)}`),
    ...bound.map((name) => `mount --rbind ${quote(`/${name}`)} ${quote(`./${name}`)} || fail 'cannot bind /${name}'`),
    "mount -t tmpfs -o mode=755,nosuid lateen dev && mkdir dev/pts dev/shm || fail 'cannot make /dev'",
    "mount -t tmpfs -o mode=1777,nosuid,nodev lateen dev/shm && mount --rbind /dev/pts dev/pts || fail 'cannot make /dev'",
    `for d in ${DEVICES.join(" ")}; do : >dev/$d && mount --bind /dev/$d dev/$d || fail "cannot bind /dev/$d"; done`,
    "ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr",
    "mount --rbind /sys sys && mount -t proc -o nosuid,nodev,noexec proc proc || fail 'cannot mount /proc'",
    OPEN,
    ...root.openings.flatMap((opening, at) => openFolder(opening, at, etc)),
    ...root.binds.flatMap(bindOne),
  ];
}

/**
 * Covers a folder. Where the kernel does not take it as the lower side of an overlay (in a user namespace, when other
 * file systems are mounted within it), links to all that is in it do instead.
 */
const OPEN = `open() {
  mount -t overlay -o "lowerdir=$1,upperdir=.lateen/$2/upper,workdir=.lateen/$2/work" lateen ".$1" 2>/dev/null && return
  mkdir ".host-$2" && mount --rbind "$1" ".host-$2" || return
  for e in "$1"/* "$1"/.[!.]*; do
    n=\${e##*/}
    [ -e ".lateen/$2/upper/$n" ] || ln -s "/.host-$2/$n" ".lateen/$2/upper/$n" 2>/dev/null
  done
  mount --bind ".lateen/$2/upper" ".$1"
}`;

function openFolder({ path, folders, files }: Opening, at: number, etc: string): string[] {
  const upper = `.lateen/${at}/upper`;
  const inUpper = (names: readonly string[]) => names.map((name) => quote(`${upper}/${name}`)).join(" ");
  const parents = files.filter((name) => name.includes("/")).map((name) => name.slice(0, name.lastIndexOf("/")));
  return [
    `mkdir -p ${upper} .lateen/${at}/work ${inUpper([...folders, ...parents])}`,
    ...files.map((name) => `: >${quote(`${upper}/${name}`)}`),
    ...(path === "/etc" ? [`cp ${quote(etc)}/* ${upper}/`] : []),
    ...(path === "/tmp" || path === "/var/tmp" ? [`chmod 1777 ${upper}`] : []),
    `open ${quote(path)} ${at} || fail ${quote(`cannot open ${path}`)}`,
  ];
}

function bindOne({ source, target, kind, readOnly }: Bind): string[] {
  const to = quote(`.${target}`);
  const parent = quote(`.${target.slice(0, target.lastIndexOf("/"))}`);
  const make = kind === "folder" ? `mkdir -p ${to}` : `{ mkdir -p ${parent}/. && : >${to}; }`;
  const bind = `mount --${kind === "folder" ? "r" : ""}bind ${quote(source)} ${to}`;
  return [
    `{ [ -e ${to} ] || ${make}; } && ${bind} || fail ${quote(`cannot mount ${target}`)}`,
    // In a user namespace the source's own restrictions must be named again to be kept.
    ...(readOnly
      ? [`mount -o remount,bind,ro ${to} 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev ${to} || :`]
      : []),
  ];
}

function enterRoot(): string[] {
  return [
    `${quote(commandPath("pivot_root"))} . .lateen/old || fail 'cannot change the root'`,
    "cd /; umount -l /.lateen && rmdir /.lateen 2>/dev/null",
  ];
}

function supervise({ environment, workingDir, privileges, command }: LaunchPlan): string[] {
  const named = [...environment].filter(([name]) => SHELL_NAME.test(name));
  const unnamed = [...environment].filter(([name]) => !SHELL_NAME.test(name));
  const words = [
    ...(unnamed.length > 0 ? [commandPath("env"), ...unnamed.map(([name, value]) => `${name}=${value}`)] : []),
    ...privileges,
    ...command,
  ];
  return [
    `mkdir -p ${quote(workingDir)} 2>/dev/null; cd ${quote(workingDir)} || fail ${quote(`cannot enter ${workingDir}`)}`,
    "child=",
    'trap \'[ -n "$child" ] && kill -TERM "$child" 2>/dev/null\' TERM INT',
    "(",
    "  trap - TERM INT",
    `  exec 3>&- 9>&-; unset PATH LC_ALL OLDPWD SHLVL ${MARKER}`,
    ...named.map(([name, value]) => `  export ${name}=${quote(value)}`),
    `  exec ${words.map(quote).join(" ")}`,
    ") &",
    "child=$!",
    "echo started >&3; exec 3>&-",
    // A signal ends the wait but not the child: wait again until there is nothing left to wait for.
    'while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || break; done',
    'echo "$code" >&9',
    'exit "$code"',
  ];
}

/** The environment of the script itself. */
export const SCRIPT_ENVIRONMENT = { PATH: SYSTEM_PATH, LC_ALL: "C" };

export function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
