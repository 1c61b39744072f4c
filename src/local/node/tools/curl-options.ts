/** The options of curl that ours understands. */
import { readFileSync } from "node:fs";

export interface Options {
  urls: string[];
  silent: boolean;
  showError: boolean;
  fail: boolean;
  include: boolean;
  head: boolean;
  insecure: boolean;
  location: boolean;
  verbose: boolean;
  remoteName: boolean;
  output?: string;
  writeOut?: string;
  method?: string;
  headers: [name: string, value: string][];
  data: string[];
  maxTime?: number;
  connectTimeout?: number;
}

/** Ends with curl's own exit code. */
export class Failure extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Flag = (options: Options) => void;
const FLAGS: Readonly<Record<string, Flag>> = {
  "-s": (o) => set(o, "silent"),
  "--silent": (o) => set(o, "silent"),
  "-S": (o) => set(o, "showError"),
  "--show-error": (o) => set(o, "showError"),
  "-f": (o) => set(o, "fail"),
  "--fail": (o) => set(o, "fail"),
  "-i": (o) => set(o, "include"),
  "--include": (o) => set(o, "include"),
  "-I": (o) => set(o, "head"),
  "--head": (o) => set(o, "head"),
  "-k": (o) => set(o, "insecure"),
  "--insecure": (o) => set(o, "insecure"),
  "-L": (o) => set(o, "location"),
  "--location": (o) => set(o, "location"),
  "-v": (o) => set(o, "verbose"),
  "--verbose": (o) => set(o, "verbose"),
  "-O": (o) => set(o, "remoteName"),
  "--remote-name": (o) => set(o, "remoteName"),
};

function set(
  options: Options,
  flag: "silent" | "showError" | "fail" | "include" | "head" | "insecure" | "location" | "verbose" | "remoteName",
): void {
  options[flag] = true;
}

type Setter = (options: Options, value: string) => void;
const VALUES: Readonly<Record<string, Setter>> = valueOptions();

function valueOptions(): Record<string, Setter> {
  const output: Setter = (o, value) => {
    o.output = value;
  };
  const writeOut: Setter = (o, value) => {
    o.writeOut = value;
  };
  const method: Setter = (o, value) => {
    o.method = value;
  };
  const header: Setter = (o, value) => {
    const colon = value.indexOf(":");
    if (colon > 0) o.headers.push([value.slice(0, colon), value.slice(colon + 1).trim()]);
  };
  const data: Setter = (o, value) => {
    o.data.push(value.startsWith("@") ? readFileSync(value.slice(1), "utf8") : value);
  };
  const agent: Setter = (o, value) => o.headers.push(["user-agent", value]);
  const user: Setter = (o, value) => {
    o.headers.push(["authorization", `Basic ${Buffer.from(value).toString("base64")}`]);
  };
  const maxTime: Setter = (o, value) => {
    o.maxTime = Number(value);
  };
  const connectTimeout: Setter = (o, value) => {
    o.connectTimeout = Number(value);
  };
  return {
    "-o": output,
    "--output": output,
    "-w": writeOut,
    "--write-out": writeOut,
    "-X": method,
    "--request": method,
    "-H": header,
    "--header": header,
    "-d": data,
    "--data": data,
    "--data-raw": (o, value) => o.data.push(value),
    "--data-binary": data,
    "-A": agent,
    "--user-agent": agent,
    "-u": user,
    "--user": user,
    "-b": (o, value) => o.headers.push(["cookie", value]),
    "--cookie": (o, value) => o.headers.push(["cookie", value]),
    "-m": maxTime,
    "--max-time": maxTime,
    "--connect-timeout": connectTimeout,
  };
}

export function parse(words: readonly string[]): Options {
  const options: Options = {
    urls: [],
    silent: false,
    showError: false,
    fail: false,
    include: false,
    head: false,
    insecure: false,
    location: false,
    verbose: false,
    remoteName: false,
    headers: [],
    data: [],
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const long = word.startsWith("--");
    if (!word.startsWith("-") || word === "-") {
      options.urls.push(word);
      continue;
    }
    // `-sSo FILE` is `-s -S -o FILE`; `-oFILE` is `-o FILE`.
    let letters = long ? [word] : [...word.slice(1)].map((letter) => `-${letter}`);
    while (letters.length > 0) {
      const [option = "", ...others] = letters;
      const flag = FLAGS[option];
      const setter = VALUES[option];
      if (flag) flag(options);
      else if (setter) {
        const attached = others.map((letter) => letter.slice(1)).join("");
        const value = attached === "" ? rest.shift() : attached;
        if (value === undefined) throw new Failure(2, `option ${option}: requires parameter`);
        setter(options, value);
        break;
      } else throw new Failure(2, `option ${option}: is unknown`);
      letters = others;
    }
  }
  if (options.urls.length === 0) throw new Failure(2, "no URL specified");
  return options;
}
