import type { Summary } from "../../report/summary.ts";
import type { CellLine } from "../results/cell-line.ts";
import type { Results } from "../results/results-file.ts";

/** Everything recorded about the machine, in the order in which reports list it. */
export function machineFacts({ run, cells }: Results): Summary["machine"]["facts"] {
  const { environment: machine, configuration, options } = run;
  const versions = Object.entries(machine.versions).map(([name, value]): [string, string | null] => [name, value]);
  return [
    ["CPU", `${machine.cpu}, ${machine.cores} cores${machine.virtual === true ? ", virtual machine" : ""}`],
    ["kernel", `Linux ${machine.kernel}, ${machine.architecture}`],
    ["memory", `${(machine.memoryBytes / 1e9).toFixed(1)} GB`],
    ["governor", machine.governor],
    ["clock source", machine.clocksource],
    ["root", machine.root ? "yes" : "no"],
    ...Object.entries(machine.sysctls).map(([name, value]) => [name, value?.replace(/\s+/g, " ") ?? null] as const),
    ...versions.filter(([, value]) => value !== null),
    ["aggregator's options", configuration.aggregator.join(" ") || "defaults"],
    ["producers' options", configuration.producer.join(" ") || "defaults"],
    ["udp buffer granted", udpBuffer(cells)],
    ["repeats", options.repeats === null ? "each scenario's own" : String(options.repeats)],
    ["load before a cell, at most", highest(cells.map((cell) => cell.machine.load))],
    ["time stolen by the hypervisor", ofOneCore(shareOf(cells, ({ stolenSeconds }) => stolenSeconds.value))],
    ["time of other programs", ofOneCore(otherShare(cells))],
  ];
}

/** Cells that were not measured: those that failed, and those that the plan leaves out. */
export function missingCells({ run, failed }: Results): Summary["missing"] {
  const skipped = run.skipped.map(({ scenario, variant, transport, implementation, why }) => ({
    cell: [scenario, variant, transport, implementation].filter((part) => part !== undefined).join(" "),
    why,
  }));
  return [...skipped, ...failed.map(({ id, why }) => ({ cell: id, why }))];
}

function udpBuffer(cells: readonly CellLine[]): string | null {
  const sizes = new Set(cells.flatMap(({ receiveBufferBytes: bytes }) => (bytes === null ? [] : [bytes])));
  return sizes.size === 0 ? null : [...sizes].map((bytes) => binarySize(bytes)).join(", ");
}

function binarySize(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function highest(values: readonly number[]): string | null {
  return values.length === 0 ? null : Math.max(...values).toFixed(1);
}

/** What other programs used while lines were due: 1 is a whole core; null where it can't be read. */
export function otherShare(cells: readonly CellLine[]): number | null {
  return shareOf(cells, ({ otherSeconds }) => otherSeconds.value);
}

/** Of the time in which lines were due. */
function shareOf(cells: readonly CellLine[], seconds: (machine: CellLine["machine"]) => number | null): number | null {
  const read = cells.flatMap(({ machine, seconds: of }) => {
    const value = seconds(machine);
    return value === null ? [] : [{ value, of }];
  });
  const whole = read.reduce((sum, { of }) => sum + of, 0);
  return whole === 0 ? null : read.reduce((sum, { value }) => sum + value, 0) / whole;
}

function ofOneCore(share: number | null): string | null {
  return share === null ? null : `${(100 * share).toFixed(1)} % of one core`;
}
