import type { TransportName } from "../../core/transport-name.ts";
import { excludedFromGo } from "../implementations/go.ts";
import type { Exclusion } from "../implementations/program-set.ts";
import type { Implementation, PlannedCell, SkippedCells } from "../results/run-line.ts";
import { canBeFollowed, type Scenario, type Variant } from "../scenarios/scenario.ts";

export interface PlanOptions {
  readonly quick: boolean;
  readonly transports: readonly TransportName[];
  readonly scenarios: readonly Scenario[];
  readonly implementations: readonly Implementation[];
  /** Null: as often as each scenario says. */
  readonly repeats: number | null;
  /** Why no cell can be traced here; undefined if cells can. */
  readonly untraceable: string | undefined;
  /** Whether what traces can keep up with any rate. */
  readonly tracesAnyRate?: boolean;
  /** Why no stacks can be taken here; undefined if they can. */
  readonly unprofilable: string | undefined;
}

export interface Plan {
  /** Those that the cells are of. */
  readonly scenarios: readonly Scenario[];
  readonly cells: readonly PlannedCell[];
  readonly skipped: readonly SkippedCells[];
}

/** One load on every transport: what is measured one after the other, so that all meet the same state of the machine. */
interface Group {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly repeats: number;
  readonly traced: boolean;
}

/**
 * The cells in their order: each repeat goes through all loads, and each load through all transports, beginning with another one in
 * each repeat. So what the machine does in the meantime meets all alike, and none is always the first.
 */
export function planOf(options: PlanOptions): Plan {
  const groups = options.scenarios.flatMap((scenario) => groupsOf(scenario, options));
  const rounds = Math.max(0, ...groups.map(({ repeats }) => repeats));
  const cells = Array.from({ length: rounds }, (_, round) =>
    groups.filter(({ repeats }) => round < repeats).flatMap((group) => roundOf(group, round, options)),
  );
  return { scenarios: options.scenarios, cells: cells.flat(), skipped: skippedOf(options) };
}

function variantsOf(scenario: Scenario, { quick }: PlanOptions): readonly Variant[] {
  return quick ? scenario.quickVariants : scenario.variants;
}

function groupsOf(scenario: Scenario, options: PlanOptions): Group[] {
  const usual = options.quick ? scenario.quickRepeats : scenario.repeats;
  const repeats = options.repeats ?? usual;
  return variantsOf(scenario, options).flatMap((variant) => {
    if (scenario.isProfiled) {
      return options.unprofilable === undefined ? [{ scenario, variant, repeats: 1, traced: true }] : [];
    }
    const group = { scenario, variant, repeats, traced: false };
    return isTraced(scenario, variant, options) ? [group, { ...group, repeats: 1, traced: true }] : [group];
  });
}

/** A bisection would find the highest rate of the tracer. */
function isTraced({ isTraced, bisection }: Scenario, { load }: Variant, options: PlanOptions): boolean {
  if (options.untraceable !== undefined || bisection !== undefined) return false;
  if (isTraced && canBeFollowed(load)) return true;
  return !options.quick && options.tracesAnyRate === true;
}

function roundOf({ scenario, variant, traced }: Group, round: number, options: PlanOptions): PlannedCell[] {
  const places = options.transports
    .filter((transport) => scenario.excluded(variant, transport) === undefined)
    .flatMap((transport) =>
      options.implementations
        .filter((implementation) => excludedFrom(implementation)(scenario, variant) === undefined)
        .map((implementation) => ({ transport, implementation })),
    );
  const first = places.length === 0 ? 0 : round % places.length;
  return [...places.slice(first), ...places.slice(0, first)].map(({ transport, implementation }) => {
    const name = [scenario.name, variant.name, transport, implementation, round + 1].join("/");
    return {
      id: traced ? `${name}/traced` : name,
      scenario: scenario.name,
      variant: variant.name,
      transport,
      implementation,
      repeat: round + 1,
      traced,
      parameters: variant.load,
    };
  });
}

function skippedOf(options: PlanOptions): SkippedCells[] {
  return options.scenarios.flatMap((scenario): SkippedCells[] => {
    const variants = variantsOf(scenario, options);
    if (scenario.isProfiled && options.unprofilable !== undefined) {
      return [{ scenario: scenario.name, why: options.unprofilable }];
    }
    if (variants.length === 0) return [{ scenario: scenario.name, why: "not in --quick" }];
    const absent = options.quick
      ? scenario.variants.filter(({ name }) => !variants.some((one) => one.name === name))
      : [];
    return [
      ...absent.map(({ name }) => ({ scenario: scenario.name, variant: name, why: "not in --quick" })),
      ...variants.flatMap((variant) => exclusions(scenario, variant, options)),
    ];
  });
}

function exclusions(
  scenario: Scenario,
  variant: Variant,
  { transports, implementations }: PlanOptions,
): SkippedCells[] {
  const cells = { scenario: scenario.name, variant: variant.name };
  return [
    ...transports.flatMap((transport) => {
      const why = scenario.excluded(variant, transport);
      return why === undefined ? [] : [{ ...cells, transport, why }];
    }),
    ...implementations.flatMap((implementation) => {
      const why = excludedFrom(implementation)(scenario, variant);
      return why === undefined ? [] : [{ ...cells, implementation, why }];
    }),
  ];
}

function excludedFrom(implementation: Implementation): Exclusion {
  return implementation === "go" ? excludedFromGo : () => undefined;
}

/** How long a cell takes, roughly, in seconds, on two quiet cores of a server of 2023. */
export function expectedSeconds({ parameters, traced }: PlannedCell, scenario: Scenario): number {
  const programs = 0.2 + 0.06 * parameters.senders;
  const once = programs + (parameters.seconds ?? 1);
  // About half of the rates fail, and are tried twice.
  const trials = scenario.bisection === undefined ? 1 : 1.5 * scenario.bisection.steps + 2;
  return (traced ? 0.5 : 0) + once * trials;
}
