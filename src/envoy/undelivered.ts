/**
 * A response that says: this request never came to the application. The server's sidecar writes it when it could not
 * connect; the client's proxy may then send the request elsewhere, whatever its method. It stays between proxies.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type HeaderMatcher, HeaderMatcherSchema } from "#envoy/config/route/v3/route_components_pb.js";
import type { ResponseMapperSchema } from "#envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";

export const UNDELIVERED = "x-lateen-undelivered";

/** Every proxy of ours says which attempt this is: from others the mark is kept. */
const ATTEMPT = "x-envoy-attempt-count";

/** Envoy's flag for a failed connection. A request that was sent and lost has another: nobody knows what became of it. */
const NOT_CONNECTED = "UF";

export function present(name: string): HeaderMatcher {
  return create(HeaderMatcherSchema, { name, headerMatchSpecifier: { case: "presentMatch", value: true } });
}

export function markUndelivered(): MessageInitShape<typeof ResponseMapperSchema> {
  return {
    filter: {
      filterSpecifier: {
        case: "andFilter",
        value: {
          filters: [
            { filterSpecifier: { case: "responseFlagFilter", value: { flags: [NOT_CONNECTED] } } },
            { filterSpecifier: { case: "headerFilter", value: { header: present(ATTEMPT) } } },
          ],
        },
      },
    },
    headersToAdd: [{ header: { key: UNDELIVERED, value: "true" } }],
  };
}
