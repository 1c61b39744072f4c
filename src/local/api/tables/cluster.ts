/** Columns of nodes, namespaces, configuration, accounts and permissions. */
import type { ConfigMap } from "../../../kinds/core/config-map.ts";
import type { Event } from "../../../kinds/core/event.ts";
import type { Lease } from "../../../kinds/core/lease.ts";
import type { Namespace } from "../../../kinds/core/namespace.ts";
import type { Node } from "../../../kinds/core/node.ts";
import type { RoleBinding } from "../../../kinds/core/rbac.ts";
import type { Secret } from "../../../kinds/core/secret.ts";
import type { ServiceAccount } from "../../../kinds/core/service-account.ts";
import type { MutatingWebhookConfiguration } from "../../../kinds/core/webhook-configuration.ts";
import type { KubeObject } from "../../../store/object.ts";
import { age } from "./human.ts";
import type { Printer } from "./table.ts";

const wide = (name: string): { name: string; wide: true } => ({ name, wide: true });
const created = (object: KubeObject, now: number): string => age(object.metadata.creationTimestamp, now);
const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const namespacePrinter: Printer<Namespace> = {
  columns: ["Status", "Age"],
  cells: (namespace, now) => [namespace.status?.phase ?? "Active", created(namespace, now)],
};

const ROLE = "node-role.kubernetes.io/";

export const nodePrinter: Printer<Node> = {
  columns: [
    "Status",
    "Roles",
    "Age",
    "Version",
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
  ],
  cells(node, now) {
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
    const status = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
    const roles = Object.keys(node.metadata.labels ?? {})
      .filter((label) => label.startsWith(ROLE) && label !== ROLE)
      .map((label) => label.slice(ROLE.length));
    const address = (type: string): string =>
      node.status?.addresses?.find((one) => one.type === type)?.address ?? "<none>";
    const info = node.status?.nodeInfo;
    return [
      node.spec?.unschedulable ? `${status},SchedulingDisabled` : status,
      roles.sort().join(",") || "<none>",
      created(node, now),
      info?.kubeletVersion ?? "",
      address("InternalIP"),
      address("ExternalIP"),
      info?.osImage || "<unknown>",
      info?.kernelVersion || "<unknown>",
      info?.containerRuntimeVersion || "<unknown>",
    ];
  },
};

export const secretPrinter: Printer<Secret> = {
  columns: ["Type", { name: "Data", type: "integer" }, "Age"],
  cells: (secret, now) => [secret.type ?? "Opaque", size(secret.data), created(secret, now)],
};

export const configMapPrinter: Printer<ConfigMap> = {
  columns: [{ name: "Data", type: "integer" }, "Age"],
  cells: (map, now) => [size(map.data) + size(map.binaryData), created(map, now)],
};

export const serviceAccountPrinter: Printer<ServiceAccount> = {
  columns: [{ name: "Secrets", type: "integer" }, "Age"],
  cells: (account, now) => [account.secrets?.length ?? 0, created(account, now)],
};

export const leasePrinter: Printer<Lease> = {
  columns: ["Holder", "Age"],
  cells: (lease, now) => [lease.spec?.holderIdentity ?? "", created(lease, now)],
};

export const createdAtPrinter: Printer = {
  columns: ["Created At"],
  cells: (object) => [object.metadata.creationTimestamp ?? "<unknown>"],
};

export const roleBindingPrinter: Printer<RoleBinding> = {
  columns: ["Role", "Age", wide("Users"), wide("Groups"), wide("ServiceAccounts")],
  cells: (binding, now) => {
    const named = (kind: string): string =>
      (binding.subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map(({ namespace, name }) => (kind === "ServiceAccount" ? `${namespace ?? ""}/${name}` : name))
        .join(", ");
    return [
      `${binding.roleRef.kind}/${binding.roleRef.name}`,
      created(binding, now),
      named("User"),
      named("Group"),
      named("ServiceAccount"),
    ];
  },
};

export const webhookConfigurationPrinter: Printer<MutatingWebhookConfiguration> = {
  columns: [{ name: "Webhooks", type: "integer" }, "Age"],
  cells: (configuration, now) => [configuration.webhooks?.length ?? 0, created(configuration, now)],
};

export const eventPrinter: Printer<Event> = {
  leading: "none",
  columns: [
    "Last Seen",
    "Type",
    "Reason",
    "Object",
    wide("Subobject"),
    wide("Source"),
    "Message",
    wide("First Seen"),
    wide("Count"),
    wide("Name"),
  ],
  cells(event, now) {
    const first = event.firstTimestamp ?? event.eventTime;
    const last = event.series?.lastObservedTime ?? event.lastTimestamp ?? first;
    const { kind = "", name = "", fieldPath = "" } = event.involvedObject;
    const component = event.source?.component ?? event.reportingComponent ?? "";
    const host = event.source?.host ?? event.reportingInstance ?? "";
    return [
      age(last, now),
      event.type ?? "",
      event.reason ?? "",
      kind === "" ? name : `${kind.toLowerCase()}/${name}`,
      fieldPath,
      host === "" ? component : `${component}, ${host}`,
      (event.message ?? "").trim(),
      age(first, now),
      event.series?.count ?? event.count ?? 1,
      event.metadata.name,
    ];
  },
};
