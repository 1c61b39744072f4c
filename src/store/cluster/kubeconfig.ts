/** The part of kubeconfig files that it takes to connect: clusters, users, contexts. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { StoreError } from "../error.ts";
import { type Fields, isFields, own } from "../patch/json.ts";
import { type Connection, tokenFile } from "./connection.ts";
import { execCredential } from "./exec-credential.ts";

export interface KubeconfigOptions {
  /** Default: the file's current context. */
  context?: string;
  socketPath?: string;
}

interface Document {
  path: string;
  fields: Fields;
}

/** Several files count as one, as kubectl has it: what is in the first goes before, and files that are missing do not. */
export async function kubeconfigConnection(
  path: string | readonly string[],
  options: KubeconfigOptions = {},
): Promise<Connection> {
  const documents = await documentsOf(typeof path === "string" ? [path] : path);
  const [{ path: first } = { path: "" }] = documents;
  const current = documents.map(({ fields }) => textOf(fields, "current-context")).find((name) => name !== undefined);
  const contextName = options.context ?? current;
  if (contextName === undefined || contextName === "") {
    throw wrong(first, "has no current-context; set it with kubectl config use-context");
  }
  const context = named(documents, "contexts", "context", contextName);
  const cluster = named(documents, "clusters", "cluster", textOf(context.fields, "cluster") ?? "");
  const userName = textOf(context.fields, "user");
  const user = userName === undefined ? undefined : named(documents, "users", "user", userName);
  const server = textOf(cluster.fields, "server");
  if (server === undefined || !URL.canParse(server))
    throw wrong(
      cluster.path,
      `has no valid server for context ${contextName}; put its URL there, or name another file with --kubeconfig`,
    );
  const credentials = user ? await credentialsOf(user.path, user.fields) : {};
  const ca = await dataOrFile(cluster.path, cluster.fields, "certificate-authority");
  const serverName = textOf(cluster.fields, "tls-server-name");
  const namespace = textOf(context.fields, "namespace");
  return {
    server: new URL(server),
    ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(cluster.fields["insecure-skip-tls-verify"] === true ? { insecure: true } : {}),
    ...credentials,
  };
}

async function documentsOf(paths: readonly string[]): Promise<Document[]> {
  const documents: Document[] = [];
  let missing: Error | undefined;
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      missing ??= wrong(path, `cannot be read (${error.message}); name another with --kubeconfig`);
      if (error.code !== "ENOENT") throw missing;
    });
    if (text === undefined) continue;
    const fields = parsed(path, text);
    if (!isFields(fields)) {
      throw wrong(path, "is not a kubeconfig: it has no clusters, users and contexts; name another with --kubeconfig");
    }
    documents.push({ path, fields });
  }
  if (documents.length === 0 && missing) throw missing;
  return documents;
}

function parsed(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw wrong(path, `is not YAML (${reason}); name another with --kubeconfig`);
  }
}

async function credentialsOf(path: string, user: Fields): Promise<Partial<Connection>> {
  const clientCertificate = await dataOrFile(path, user, "client-certificate");
  const clientKey = await dataOrFile(path, user, "client-key");
  const certificate =
    clientCertificate === undefined || clientKey === undefined ? {} : { clientCertificate, clientKey };
  const token = textOf(user, "token");
  const file = textOf(user, "tokenFile");
  const exec = own(user, "exec");
  if (token !== undefined) return { ...certificate, token: async () => token };
  if (file !== undefined) return { ...certificate, token: tokenFile(resolve(dirname(path), file)) };
  if (isFields(exec)) return { ...certificate, token: execCredential(path, exec) };
  if (own(user, "auth-provider") !== undefined || own(user, "username") !== undefined) {
    throw wrong(path, "uses auth-provider or a password, which Kubernetes no longer has; use a token or exec");
  }
  return certificate;
}

/** `NAME-data` in base64, or the file that `NAME` names relative to the kubeconfig. */
async function dataOrFile(path: string, fields: Fields, name: string): Promise<string | undefined> {
  const data = textOf(fields, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, "base64").toString();
  const file = textOf(fields, name);
  if (file === undefined) return undefined;
  return readFile(resolve(dirname(path), file), "utf8").catch((error: Error) => {
    throw wrong(
      path,
      `names a ${name} that cannot be read (${error.message}); name another kubeconfig with --kubeconfig`,
    );
  });
}

/** The entry of this name in one of the files' lists, and the file, to which paths in it are relative. */
function named(documents: readonly Document[], list: string, field: string, name: string): Document {
  for (const { path, fields } of documents) {
    const entries = own(fields, list);
    for (const entry of Array.isArray(entries) ? entries : []) {
      const found = isFields(entry) && entry.name === name ? entry[field] : undefined;
      if (isFields(found)) return { path, fields: found };
    }
  }
  const paths = documents.map(({ path }) => path).join(", ");
  throw wrong(paths, `has no ${field} named ${JSON.stringify(name)}; add it, or name another file with --kubeconfig`);
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = own(fields, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function wrong(path: string, why: string): StoreError {
  return new StoreError("BadRequest", `LTN1011: kubeconfig ${path} ${why}`);
}
