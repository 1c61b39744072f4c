/** The type URLs of the resources that Lateen serves, as they stand in discovery requests. */
export const LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";
export const ROUTE_CONFIGURATION = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
export const VIRTUAL_HOST = "type.googleapis.com/envoy.config.route.v3.VirtualHost";
export const CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
export const LOAD_ASSIGNMENT = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
export const SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
