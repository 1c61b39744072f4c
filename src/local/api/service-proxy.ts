/** `services/http:NAME:PORT/proxy/PATH` for what this process itself serves, such as istiod's debug pages. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { StoreError } from "../../store/error.ts";
import type { Exchange } from "./exchange.ts";
import type { ResourceRequest } from "./request-info.ts";

/** Gets the request with the path that follows `/proxy`. */
export type ServiceHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface ServiceHandlers {
  /** `port` is a number or a name. Returns how to take the handler away. */
  register(namespace: string, name: string, port: number | string, handler: ServiceHandler): () => void;
  find(info: ResourceRequest): ServiceHandler | undefined;
}

export function serviceHandlers(): ServiceHandlers {
  const handlers = new Map<string, Map<string, ServiceHandler>>();
  return {
    register(namespace, name, port, handler) {
      const key = `${namespace}/${name}`;
      const ports = handlers.get(key) ?? new Map<string, ServiceHandler>();
      handlers.set(key, ports.set(String(port), handler));
      return () => ports.delete(String(port));
    },
    find(info) {
      // SCHEME:NAME:PORT, NAME:PORT or NAME, which means the only port there is.
      const parts = (info.name ?? "").split(":");
      const [name = "", port = ""] = parts.length === 3 ? parts.slice(1) : parts;
      const ports = handlers.get(`${info.namespace}/${name}`);
      return port === "" && ports?.size === 1 ? [...ports.values()][0] : ports?.get(port);
    },
  };
}

export async function proxyToService(
  handlers: ServiceHandlers,
  info: ResourceRequest,
  exchange: Exchange,
): Promise<void> {
  const handler = handlers.find(info);
  if (!handler) {
    throw new StoreError(
      "ServiceUnavailable",
      `no endpoints available for service ${JSON.stringify(info.name)}: only what runs in the control process is proxied; use kubectl port-forward for pods`,
    );
  }
  exchange.request.url = `/${info.rest}${exchange.url.search}`;
  await handler(exchange.request, exchange.response);
}
