/** Names under which HTTP filters stand in the chain and in the per-route configurations. */
export const CORS = "envoy.filters.http.cors";
export const EXT_AUTHZ = "envoy.filters.http.ext_authz";
export const FAULT = "envoy.filters.http.fault";
export const LOCAL_RATE_LIMIT = "envoy.filters.http.local_ratelimit";
export const ON_DEMAND = "envoy.filters.http.on_demand";
export const RATE_LIMIT = "envoy.filters.http.ratelimit";
export const RBAC = "envoy.filters.http.rbac";
export const ROUTER = "envoy.filters.http.router";
