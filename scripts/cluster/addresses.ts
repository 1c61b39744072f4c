/** The addresses of a cluster: those inside are the same in each, those that the machine reaches are in a subnet each. */

export const SERVICE_CIDR = "10.96.0.0/16";
export const API_SERVICE = "10.96.0.1";

export interface Addresses {
  /** The link's end on the machine. */
  link: string;
  gateway: string;
  node: string;
  /** Addresses of Services of type LoadBalancer. */
  loadBalancers: { cidr: string; first: string; last: string };
}

export const SUBNETS = 254;

/** Of the cluster with subnet 10.79.`number`.0/24. */
export function addressesOf(number: number): Addresses {
  const prefix = `10.79.${number}`;
  return {
    link: `lateen${number}`,
    gateway: `${prefix}.1`,
    node: `${prefix}.2`,
    loadBalancers: { cidr: `${prefix}.128/25`, first: `${prefix}.129`, last: `${prefix}.254` },
  };
}
