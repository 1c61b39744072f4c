/**
 * The image table: what an image name means on a machine that has no images. An entry is a command of this machine and
 * an environment; a container adds its own command and arguments by the rules of Docker.
 */
import { LateenError } from "../../errors.ts";
import { readJson, writeJson } from "./system/files.ts";

export interface Image {
  /** Kept when a container gives arguments only. */
  entrypoint: readonly string[];
  /** Default arguments. */
  cmd: readonly string[];
  environment: Readonly<Record<string, string>>;
  workingDir: string;
  /** What of this machine the command needs at a fixed place in the container. */
  mounts: readonly { source: string; target: string; kind: "folder" | "file" }[];
  /** Where the entry is from, for `lateen image list`. */
  origin: "built-in" | "user";
}

/** A built-in entry: image names that it answers for, and what they mean; `undefined` when this machine lacks it. */
export interface BuiltInImage {
  /** Matched against the name without registry, library prefix, tag and digest: `istio/examples-bookinfo-details-v1`. */
  name: RegExp;
  /** For the list. */
  title: string;
  image(match: RegExpExecArray): Image | LateenError;
}

/** What a user added, by name as written. */
interface UserImage {
  command: string[];
  environment?: Record<string, string>;
  workingDir?: string;
}

export class ImageTable {
  readonly #file: string;
  readonly #builtIn: readonly BuiltInImage[];

  constructor(file: string, builtIn: readonly BuiltInImage[]) {
    this.#file = file;
    this.#builtIn = builtIn;
  }

  /** Reads the user's entries anew each time: `lateen image add` takes effect at the next start of a container. */
  resolve(name: string): Image {
    const user = readUserImages(this.#file);
    const plain = plainName(name);
    for (const key of [name, withoutTag(name), plain]) {
      const entry = user[key];
      if (entry) return fromUser(entry);
    }
    for (const builtIn of this.#builtIn) {
      const match = builtIn.name.exec(plain);
      if (!match) continue;
      const image = builtIn.image(match);
      if (image instanceof LateenError) throw image;
      return image;
    }
    throw new LateenError(
      "LTN1210",
      `no command of this machine is known for image "${name}"`,
      `Say what it runs: lateen image add ${withoutTag(name)} -- COMMAND [ARGS…]`,
    );
  }
}

/** The words that a container runs, by Docker's rules: its command replaces the image's whole, its arguments only the arguments. */
export function containerCommand(
  image: Image,
  command: readonly string[] | undefined,
  args: readonly string[] | undefined,
): string[] {
  if (command && command.length > 0) return [...command, ...(args ?? [])];
  return [...image.entrypoint, ...(args && args.length > 0 ? args : image.cmd)];
}

/** Adds or replaces an entry of the user's. The file is `images.json` in LATEEN_HOME. */
export function addImage(file: string, name: string, entry: UserImage): void {
  writeJson(file, { ...readUserImages(file), [name]: entry });
}

export interface ImageListing {
  name: string;
  command: string;
  origin: Image["origin"];
}

export function listImages(file: string, builtIn: readonly BuiltInImage[]): ImageListing[] {
  return [
    ...Object.entries(readUserImages(file)).map(([name, { command }]) => ({
      name,
      command: command.join(" "),
      origin: "user" as const,
    })),
    ...builtIn.map(({ title }) => ({ name: title, command: "", origin: "built-in" as const })),
  ];
}

function readUserImages(file: string): Record<string, UserImage> {
  const value = readJson(file);
  if (typeof value !== "object" || value === null) return {};
  const entries: Record<string, UserImage> = {};
  for (const [name, entry] of Object.entries(value)) if (isUserImage(entry)) entries[name] = entry;
  return entries;
}

function isUserImage(value: unknown): value is UserImage {
  if (typeof value !== "object" || value === null || !("command" in value)) return false;
  return Array.isArray(value.command) && value.command.every((word) => typeof word === "string");
}

function fromUser({ command, environment = {}, workingDir = "/" }: UserImage): Image {
  return { entrypoint: command, cmd: [], environment, workingDir, mounts: [], origin: "user" };
}

/** Without tag and digest: a colon after the last slash starts a tag, before it a port. */
function withoutTag(name: string): string {
  return name.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

/** Also without the registry (a first part with a dot, a port, or `localhost`) and Docker's `library/`. */
export function plainName(name: string): string {
  const [first = "", ...rest] = withoutTag(name).split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return (isRegistry ? rest.join("/") : [first, ...rest].join("/")).replace(/^library\//, "");
}
