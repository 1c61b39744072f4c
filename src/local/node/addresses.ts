/** The addresses of the one-machine world, the same in every world: each has network namespaces of its own. */
export const NODE_NAME = "lateen";
export const NODE_IP = "10.244.0.1";
export const POD_CIDR = "10.244.0.0/16";
export const SERVICE_CIDR = "10.96.0.0/16";
export const API_SERVICE_IP = "10.96.0.1";
export const DNS_SERVICE_IP = "10.96.0.10";
/** Where the API answers on the node's address: the endpoint of Service `kubernetes`. */
export const API_ENDPOINT_PORT = 6443;
export const XDS_PORT = 15012;
export const CLUSTER_DOMAIN = "cluster.local";
