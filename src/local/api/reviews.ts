/** Questions about identity and permission, answered on the spot. */
import type { PolicyRule } from "../../kinds/core/rbac.ts";
import type { Authenticator } from "./authentication.ts";
import type { Attributes, Authorizer } from "./authorization.ts";
import { isRecord } from "./decode.ts";
import { type Exchange, readData, send, type User } from "./exchange.ts";
import type { ResourceRequest } from "./request-info.ts";
import { badRequest } from "./status.ts";

export interface ReviewWorld {
  authenticator: Authenticator;
  authorizer: Authorizer;
}

export async function serveReview(world: ReviewWorld, info: ResourceRequest, exchange: Exchange): Promise<void> {
  const asked = await readData(exchange.request);
  const body = isRecord(asked) ? asked : {};
  const spec = isRecord(body.spec) ? body.spec : {};
  const status = await statusOf(world, info, spec, exchange.user);
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  const apiVersion = `${info.group}/${info.version}`;
  const kind = body.kind ?? kinds[info.resource];
  send(exchange, 201, { kind, apiVersion, metadata: { creationTimestamp: null, ...metadata }, spec, status });
}

const kinds: Readonly<Record<string, string>> = {
  tokenreviews: "TokenReview",
  selfsubjectreviews: "SelfSubjectReview",
  subjectaccessreviews: "SubjectAccessReview",
  localsubjectaccessreviews: "LocalSubjectAccessReview",
  selfsubjectaccessreviews: "SelfSubjectAccessReview",
  selfsubjectrulesreviews: "SelfSubjectRulesReview",
};

async function statusOf(
  { authenticator, authorizer }: ReviewWorld,
  info: ResourceRequest,
  spec: Record<string, unknown>,
  user: User,
): Promise<object> {
  switch (info.resource) {
    case "tokenreviews":
      return tokenStatus(authenticator, spec);
    case "selfsubjectreviews":
      return { userInfo: user };
    case "selfsubjectaccessreviews":
      return access(await authorizer.allowed(user, attributesOf(spec, info)));
    case "selfsubjectrulesreviews":
      return rulesStatus(await authorizer.rules(user, text(spec, "namespace") ?? "default"));
    default:
      return access(await authorizer.allowed(subjectOf(spec), attributesOf(spec, info)));
  }
}

async function tokenStatus(authenticator: Authenticator, spec: Record<string, unknown>): Promise<object> {
  const token = text(spec, "token") ?? "";
  if (token === "") throw badRequest("spec.token: Required value");
  const { audiences } = spec;
  const wanted = Array.isArray(audiences) && audiences.length > 0 ? audiences.map(String) : undefined;
  const found = await authenticator.review(token, wanted);
  if (!found)
    return {
      user: {},
      error:
        "[invalid bearer token, the token is not one of this server, has ended, is for another audience, or what it is bound to is gone]",
    };
  return { authenticated: true, user: found.user, audiences: found.audiences };
}

function access(allowed: boolean): object {
  return allowed ? { allowed, reason: "RBAC" } : { allowed };
}

function attributesOf(spec: Record<string, unknown>, info: ResourceRequest): Attributes {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isRecord(nonResourceAttributes)) {
    return { verb: text(nonResourceAttributes, "verb") ?? "", path: text(nonResourceAttributes, "path") ?? "" };
  }
  const asked = isRecord(resourceAttributes) ? resourceAttributes : {};
  const subresource = text(asked, "subresource");
  const resource = text(asked, "resource") ?? "";
  return {
    verb: text(asked, "verb") ?? "",
    group: text(asked, "group") ?? "",
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace: info.namespace ?? text(asked, "namespace"),
    name: text(asked, "name"),
  };
}

function subjectOf(spec: Record<string, unknown>): User {
  const groups = Array.isArray(spec.groups) ? spec.groups.map(String) : [];
  return { username: text(spec, "user") ?? "", groups };
}

function rulesStatus(rules: readonly PolicyRule[]): object {
  return {
    resourceRules: rules
      .filter((rule) => rule.resources)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function text(value: Record<string, unknown>, name: string): string | undefined {
  const found = value[name];
  return typeof found === "string" && found !== "" ? found : undefined;
}
