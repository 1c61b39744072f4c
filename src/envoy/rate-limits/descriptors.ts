import { create } from "@bufbuild/protobuf";
import {
  type RateLimit,
  type RateLimit_Action,
  RateLimit_ActionSchema,
  RateLimitSchema,
} from "#envoy/config/route/v3/route_components_pb.js";
import { type RateLimitRule, ruleId } from "../../mesh/security/rate-limit-model.ts";
import { keyEntry } from "./keys.ts";
import { headerMatches } from "./matches.ts";

/** The first entry of every descriptor: which rule it is for. */
export const RULE = "rule";

export interface Descriptor {
  /** How Envoy makes it of a request: not at all where the rule does not match. */
  making: RateLimit;
  /** The names of its entries after the first. */
  keys: string[];
}

export function descriptor(rule: RateLimitRule, atGateway: boolean): Descriptor {
  const entries = rule.by.map((key) => keyEntry(key, atGateway));
  const actions = [ruleAction(rule), ...entries.map(({ action }) => action)];
  return { making: create(RateLimitSchema, { actions }), keys: entries.map(({ key }) => key) };
}

function ruleAction(rule: RateLimitRule): RateLimit_Action {
  const headers = headerMatches(rule.match);
  const named = { descriptorKey: RULE, descriptorValue: ruleId(rule) };
  return create(RateLimit_ActionSchema, {
    actionSpecifier:
      headers.length > 0
        ? { case: "headerValueMatch", value: { ...named, headers } }
        : { case: "genericKey", value: named },
  });
}
