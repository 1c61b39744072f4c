import type { ProxyOptions } from "./proxy-config.ts";
import type { ProxyRequest } from "./proxy-container.ts";

export function proxyArgs(request: ProxyRequest, options: ProxyOptions): string[] {
  const { settings } = request;
  return [
    "--config-yaml",
    JSON.stringify({
      node: {
        id: `${request.type}~$(INSTANCE_IP)~$(POD_NAME).$(POD_NAMESPACE)~$(POD_NAMESPACE).svc.${settings.clusterDomain}`,
      },
    }),
    "--concurrency",
    String(options.concurrency),
    "--log-level",
    options.logLevel,
    // Several Envoys may share a machine, and none is ever restarted hot.
    "--disable-hot-restart",
  ];
}
