import { OperationalError } from "../../core/errors.ts";
import { orList } from "../../core/word-list.ts";
import type { EngineKind, EnginePlan, EngineSettings } from "./engine-kind.ts";
import { jetstream } from "./jetstream/index.ts";
import { otlp, otlpWithTls } from "./otlp/index.ts";
import { shownAddress } from "./shown-address.ts";
import { stdout } from "./stdout/index.ts";

/** The one table of engines, by the scheme of their addresses. Everything else about an engine is in its folder. */
const ENGINES: ReadonlyMap<string, EngineKind> = new Map([
  ["nats", jetstream],
  ["otlp+http", otlp],
  ["otlp+https", otlpWithTls],
  ["stdout", stdout],
]);

/** `nats://host:4222 or stdout` */
export const ENGINE_SYNTAX: string = orList([...new Set([...ENGINES.values()].map(({ syntax }) => syntax))]);

/** @throws OperationalError USAGE, ADDRESS_INVALID */
export function planEngine(to: string, settings: EngineSettings): EnginePlan {
  return kindOf(to).plan(to, settings);
}

/**
 * Refuses options that only other engines take, instead of ignoring them.
 *
 * @param given the options that a user has written
 * @returns those that the engine of this address takes
 * @throws OperationalError USAGE, ADDRESS_INVALID
 */
export function engineOptions(to: string, given: readonly string[]): readonly string[] {
  const { options } = kindOf(to);
  for (const option of given) {
    const takers = [...ENGINES].filter(([, kind]) => kind.options.includes(option)).map(([scheme]) => shown(scheme));
    if (takers.length === 0 || options.includes(option)) continue;
    const fact = `${option} goes with ${orList(takers)}, and has no effect with ${shown(schemeOf(to))}`;
    throw new OperationalError("USAGE", `${fact}; leave it out, or pass another --to`);
  }
  return options;
}

function schemeOf(to: string): string {
  return to.split("://")[0] ?? "";
}

function shown(scheme: string): string {
  return scheme === "stdout" ? scheme : `${scheme}://`;
}

function kindOf(to: string): EngineKind {
  const kind = ENGINES.get(schemeOf(to));
  if (kind !== undefined) return kind;
  throw new OperationalError(
    "ADDRESS_INVALID",
    `"${shownAddress(to)}" is not where lines can be forwarded; write ${ENGINE_SYNTAX}`,
  );
}
