/** What a question about the cluster domain is answered, by the DNS specification for Kubernetes. Pure. */
import type { Answer, DecodedPacket, Packet, Question } from "dns-packet";
import { CLUSTER_DOMAIN, DNS_SERVICE_IP } from "../addresses.ts";
import type { EndpointState, ServiceState } from "../network/service-state.ts";

/** Services by `namespace/name`. */
export type Zone = ReadonlyMap<string, ServiceState>;

const TTL = 5;
const NOERROR = 0;
const NXDOMAIN = 3;
/** Flags of a reply: authoritative, recursion available. */
const AUTHORITATIVE = 0x0480;

/** Records of a name, or undefined when there is no such name. */
type Records = { answers: Answer[]; additionals?: Answer[] } | undefined;

/** The reply, or undefined when the name is outside the cluster's domain. */
export function answer(query: DecodedPacket, zone: Zone): Packet | undefined {
  const question = query.questions?.[0];
  if (!question) return reply(query, NOERROR, []);
  const name = question.name.toLowerCase();
  const path = withinCluster(name);
  if (path === undefined) return undefined;
  const records = path.length === 0 ? { answers: [] } : lookUp(path, question, zone);
  if (!records) return reply(query, NXDOMAIN, []);
  return reply(query, NOERROR, records.answers, records.additionals);
}

export function reply(query: DecodedPacket, code: number, answers: Answer[], additionals: Answer[] = []): Packet {
  const recursionDesired = (query.flags ?? 0) & 0x0100;
  return {
    type: "response",
    id: query.id ?? 0,
    flags: AUTHORITATIVE | recursionDesired | code,
    questions: query.questions ?? [],
    answers,
    additionals,
    // Tells resolvers how briefly to remember that there is nothing.
    authorities: answers.length > 0 ? [] : [authority()],
  };
}

/** The labels in front of the cluster's domain, or undefined when the name is not within it. */
function withinCluster(name: string): string[] | undefined {
  if (name === CLUSTER_DOMAIN) return [];
  if (!name.endsWith(`.${CLUSTER_DOMAIN}`)) return undefined;
  return name.slice(0, -CLUSTER_DOMAIN.length - 1).split(".");
}

function lookUp(path: readonly string[], question: Question, zone: Zone): Records {
  const kind = path.at(-1);
  if (kind === "pod") return podRecords(path.slice(0, -1), question);
  if (kind !== "svc") return undefined;
  const namespace = path.at(-2);
  const name = path.at(-3);
  if (namespace === undefined || name === undefined) return { answers: [] };
  const service = zone.get(`${namespace}/${name}`);
  if (!service) return undefined;
  const before = path.slice(0, -3);
  if (service.type === "ExternalName") {
    if (before.length > 0 || !service.externalName) return undefined;
    return { answers: [{ type: "CNAME", name: question.name, ttl: TTL, data: service.externalName }] };
  }
  const [first, second] = before;
  if (first === undefined) return addresses(service, question);
  if (second === undefined) return endpointAddresses(service, first, question);
  if (before.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    return portRecords(service, first.slice(1), second.slice(1), question);
  }
  return undefined;
}

/** `10-244-0-7.default.pod.cluster.local` names an address by itself, whether a pod has it or not. */
function podRecords(path: readonly string[], question: Question): Records {
  const [dashed, namespace, ...more] = path;
  if (more.length > 0) return undefined;
  if (dashed === undefined || namespace === undefined) return { answers: [] };
  if (!/^\d{1,3}(-\d{1,3}){3}$/.test(dashed)) return undefined;
  return addressRecords(question, [dashed.replaceAll("-", ".")]);
}

function addresses(service: ServiceState, question: Question): Records {
  const ips = service.clusterIPs.length > 0 ? service.clusterIPs : service.endpoints.map(({ ip }) => ip);
  // A headless Service without pods has no name: clients are to try again, not to remember an empty answer.
  if (ips.length === 0) return undefined;
  return addressRecords(question, ips);
}

function endpointAddresses(service: ServiceState, host: string, question: Question): Records {
  const ips = service.endpoints.filter((endpoint) => hostOf(endpoint) === host).map(({ ip }) => ip);
  return ips.length === 0 ? undefined : addressRecords(question, ips);
}

function portRecords(service: ServiceState, portName: string, protocol: string, question: Question): Records {
  const port = service.ports.find((each) => each.name === portName && each.protocol === protocol);
  if (!port) return undefined;
  if (question.type !== "SRV") return { answers: [] };
  const [namespace, name] = service.key.split("/");
  const base = `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
  const targets =
    service.clusterIPs.length > 0
      ? service.clusterIPs.map((ip) => ({ host: base, ip, port: port.port }))
      : service.endpoints.map((endpoint) => ({
          host: `${hostOf(endpoint)}.${base}`,
          ip: endpoint.ip,
          port: port.targets.find(({ ip }) => ip === endpoint.ip)?.port ?? port.port,
        }));
  return {
    answers: targets.map((target) => ({
      type: "SRV",
      name: question.name,
      ttl: TTL,
      data: { target: target.host, port: target.port, priority: 0, weight: Math.floor(100 / targets.length) },
    })),
    additionals: targets.map(({ host, ip }) => ({ type: "A", name: host, ttl: TTL, data: ip })),
  };
}

/** Addresses are IPv4 only: to any other question the name exists and has nothing. */
function addressRecords(question: Question, ips: readonly string[]): Records {
  if (question.type !== "A") return { answers: [] };
  return { answers: ips.map((data) => ({ type: "A", name: question.name, ttl: TTL, data })) };
}

function hostOf(endpoint: EndpointState): string {
  return endpoint.hostname ?? endpoint.ip.replaceAll(".", "-");
}

function authority(): Answer {
  return {
    type: "SOA",
    name: CLUSTER_DOMAIN,
    ttl: TTL,
    data: {
      mname: `ns.dns.${CLUSTER_DOMAIN}`,
      rname: `hostmaster.${CLUSTER_DOMAIN}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: TTL,
    },
  };
}

/** A container's /etc/resolv.conf. */
export function resolvConf(namespace: string): string {
  const domain = CLUSTER_DOMAIN;
  return `search ${namespace}.svc.${domain} svc.${domain} ${domain}\nnameserver ${DNS_SERVICE_IP}\noptions ndots:5\n`;
}
