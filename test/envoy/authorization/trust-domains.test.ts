/** Identities of the mesh's former names. */
import type { CallSpec } from "./calls.ts";
import { differentialTests } from "./differential.ts";
import { source } from "./tables.ts";

const now: CallSpec = { as: "spiffe://cluster.local/ns/default/sa/sleep" };
const before: CallSpec = { as: "spiffe://old.example/ns/default/sa/sleep" };
const foreign: CallSpec = { as: "spiffe://other.example/ns/default/sa/sleep" };
const another: CallSpec = { as: "spiffe://old.example/ns/default/sa/another" };

differentialTests(
  [
    ...source("principals", ["cluster.local/ns/default/sa/sleep"], { yes: [now, before], no: [foreign, another, {}] }),
    ...source("principals", ["old.example/ns/default/sa/sleep"], { yes: [now, before], no: [foreign, another, {}] }),
    ...source("principals", ["other.example/ns/default/sa/sleep"], { yes: [foreign], no: [now, before] }),
    ...source("principals", ["*.example/ns/default/sa/sleep"], { yes: [now, before, foreign], no: [another] }),
    ...source("principals", ["*/ns/default/sa/sleep"], { yes: [now, before, foreign], no: [another] }),
    ...source("trustDomains", ["cluster.local"], { yes: [now, before, another], no: [foreign] }),
    ...source("trustDomains", ["old.example"], { yes: [now, before], no: [foreign] }),
  ],
  "trustDomain: cluster.local\ntrustDomainAliases: [old.example]\n",
);
