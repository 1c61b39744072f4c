import { create } from "@bufbuild/protobuf";
import {
  HeaderValueOption_HeaderAppendAction as Append,
  type HeaderValueOption,
  HeaderValueOptionSchema,
} from "#envoy/config/core/v3/base_pb.js";
import type { HeaderOperations } from "../../mesh/model.ts";
import { COMMANDS } from "./header-commands.ts";

/** How `%` in values is meant: Istio's objects may use Envoy's format commands, the Gateway API's values are literal. */
export type HeaderValues = "Formatted" | "Literal";

export interface HeaderFields {
  requestHeadersToAdd: HeaderValueOption[];
  requestHeadersToRemove: string[];
  responseHeadersToAdd: HeaderValueOption[];
  responseHeadersToRemove: string[];
}

export function headerFields(
  request: HeaderOperations | undefined,
  response: HeaderOperations | undefined,
  values: HeaderValues,
): HeaderFields {
  return {
    requestHeadersToAdd: toAdd(request, values),
    requestHeadersToRemove: toRemove(request),
    responseHeadersToAdd: toAdd(response, values),
    responseHeadersToRemove: toRemove(response),
  };
}

/** Setting `host` is a rewrite of the authority: Envoy does not let header operations touch it. */
export function authorityOf(request: HeaderOperations | undefined): string | undefined {
  if (!request) return undefined;
  const find = (headers: Readonly<Record<string, string>>): string | undefined =>
    Object.entries(headers).find(([name]) => /^(:authority|host)$/i.test(name))?.[1];
  return find(request.set) ?? find(request.add);
}

function toAdd(operations: HeaderOperations | undefined, values: HeaderValues): HeaderValueOption[] {
  if (!operations) return [];
  const options = (headers: Readonly<Record<string, string>>, appendAction: Append): HeaderValueOption[] =>
    Object.entries(headers)
      .filter(([key]) => !isInternal(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) =>
        create(HeaderValueOptionSchema, {
          header: { key, value: values === "Literal" ? value.replaceAll("%", "%%") : escapeStray(value) },
          appendAction,
          keepEmptyValue: value === "",
        }),
      );
  return [
    ...options(operations.set, Append.OVERWRITE_IF_EXISTS_OR_ADD),
    ...options(operations.add, Append.APPEND_IF_EXISTS_OR_ADD),
  ];
}

function toRemove(operations: HeaderOperations | undefined): string[] {
  return operations ? operations.remove.filter((name) => !isInternal(name)) : [];
}

/** Envoy refuses a whole resource in which an operation names one of these. */
function isInternal(name: string): boolean {
  return name.startsWith(":") || name.toLowerCase() === "host";
}

/**
 * Doubles every `%` that is neither doubled nor part of a command that Envoy knows: Envoy would refuse the virtual host
 * for `100%`, and with it the routes of others.
 */
function escapeStray(value: string): string {
  return value.replace(/%%|%([A-Z0-9_]+)(\([^)]*\))?(:\d+)?%|%/g, (text, command?: string) =>
    text === "%%" || (command !== undefined && COMMANDS.has(command)) ? text : text.replaceAll("%", "%%"),
  );
}
