import { OperationalError } from "../../core/errors.ts";
import { orList } from "../../core/word-list.ts";
import type { EngineKind, EnginePlan, EngineSettings } from "./engine-kind.ts";
import { jetstream } from "./jetstream/index.ts";
import { otlp } from "./otlp/index.ts";
import { shownAddress } from "./shown-address.ts";
import { stdout } from "./stdout/index.ts";

/** The one table of engines, by the scheme of their addresses. Everything else about an engine is in its folder. */
const ENGINES: ReadonlyMap<string, EngineKind> = new Map([
  ["nats", jetstream],
  ["otlp+http", otlp],
  ["otlp+https", otlp],
  ["stdout", stdout],
]);

/** `nats://host:4222 or stdout` */
export const ENGINE_SYNTAX: string = orList([...new Set(ENGINES.values())].map(({ syntax }) => syntax));

/** @throws OperationalError USAGE, ADDRESS_INVALID */
export function planEngine(to: string, settings: EngineSettings): EnginePlan {
  const scheme = to.split("://")[0] ?? "";
  const kind = ENGINES.get(scheme);
  if (kind !== undefined) return kind.plan(to, settings);
  throw new OperationalError(
    "ADDRESS_INVALID",
    `"${shownAddress(to)}" is not where lines can be forwarded; write ${ENGINE_SYNTAX}`,
  );
}
