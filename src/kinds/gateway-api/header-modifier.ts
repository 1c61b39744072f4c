import { type Static, Type } from "typebox";
import { headerName, listMap, setList } from "./common.ts";

const header = Type.Object({ name: headerName(), value: Type.String({ minLength: 1, maxLength: 4096 }) });

export const headerModifier = Type.Object({
  set: Type.Optional(listMap(header, ["name"], { maxItems: 16 })),
  add: Type.Optional(listMap(header, ["name"], { maxItems: 16 })),
  remove: Type.Optional(setList(Type.String(), { maxItems: 16 })),
});
export type HeaderModifier = Static<typeof headerModifier>;
