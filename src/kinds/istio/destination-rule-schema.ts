/** The shape of a DestinationRule. */
import type { Type } from "typebox";
import { type IstioObject, list, PolicySelector, shape, text, textMap, texts } from "./common.ts";
import { TrafficPolicy } from "./traffic-policy-schema.ts";

const Subset = shape("Subset", { name: text }, { labels: textMap, trafficPolicy: TrafficPolicy });
export type SubsetSpec = Type.Static<typeof Subset>;

export const DestinationRuleSpec = shape(
  "DestinationRuleSpec",
  { host: text },
  { trafficPolicy: TrafficPolicy, subsets: list(Subset), exportTo: texts, workloadSelector: PolicySelector },
);
export type DestinationRuleSpec = Type.Static<typeof DestinationRuleSpec>;
export type DestinationRule = IstioObject<DestinationRuleSpec>;
