import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";

/** Some fields of a message, to be spread into `create` beside others. */
export type Fields<D extends DescMessage> = Omit<Exclude<MessageInitShape<D>, Message>, "$typeName" | "$unknown">;

/** Envoy's extensions travel as Any: makes the message and packs it. */
export function pack<D extends DescMessage>(schema: D, init?: MessageInitShape<D>): Any {
  return anyPack(schema, create(schema, init));
}
