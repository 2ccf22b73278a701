import type { AggregateLedger } from "../../aggregator/aggregator.ts";
import type { TransportLedger } from "../../ledger/ledger.ts";
import { type Column, fitted, tableHead, tableRow } from "../../report/text-table.ts";

/** The counts of a source, or of all. An absent one isn't known of a single source, and null couldn't be read. */
interface Row {
  readonly source: string;
  readonly counts: ReadonlyMap<string, number | null>;
}

/** Shown in every ledger; other counts only where one isn't 0. */
const ALWAYS: ReadonlySet<string> = new Set(["received", "stored"]);

/** The ledger as a table for people: a row for each source, and one for all unless that says the same. */
export function ledgerTable(ledger: AggregateLedger): string[] {
  const all = rowOfAll(ledger);
  const sources = ledger.transports.map(rowOfSource);
  const rows = sources.length === 1 && ledger.notStored.unwritten === 0 ? sources : [...sources, all];
  const names = [...all.counts.keys()].filter((name) => ALWAYS.has(name) || rows.some((row) => isNotable(row, name)));
  const counts = names.map((name): Column<Row> => {
    return { title: name, width: 0, align: "right", cell: (row) => countIn(row, name) };
  });
  // The last column needs no width: an address may be long, and nothing comes after it.
  const source: Column<Row> = { title: "source", width: 6, align: "left", cell: (row) => row.source };
  const columns = [...fitted(counts, rows), source];
  return [...tableHead(columns), ...rows.map((row) => tableRow(columns, row))];
}

function rowOfSource(source: TransportLedger): Row {
  const { received, stored, wrapped, blank, oversize, shed, truncated, partial, limited } = source;
  const { kernelDrops, refused, cutSenders } = source;
  const lines = { received, stored, wrapped, blank, oversize, shed, truncated, partial, limited };
  const turnedAway = turnedAwayOf(source, refused);
  const counts = { ...lines, "kernel drops": kernelDrops, ...turnedAway, cut: cutSenders };
  return { source: `${source.transport} ${source.address}`, counts: new Map(Object.entries(counts)) };
}

function rowOfAll({ received, stored, notStored, transports, ...ledger }: AggregateLedger): Row {
  const wrapped = transports.reduce((sum, source) => sum + source.wrapped, 0);
  const { kernelDrops, refusedSenders, cutSenders } = ledger;
  const lines = { received, stored, wrapped, ...notStored };
  const turnedAway = turnedAwayOf(ledger, refusedSenders);
  const counts = { ...lines, "kernel drops": kernelDrops, ...turnedAway, cut: cutSenders };
  return { source: "all", counts: new Map(Object.entries(counts)) };
}

type TurnedAway = Pick<
  TransportLedger,
  "forbiddenSenders" | "forbiddenMessages" | "excessSenders" | "failedHandshakes"
>;

function turnedAwayOf(counts: TurnedAway, refused: number): Record<string, number> {
  const { forbiddenSenders, forbiddenMessages, excessSenders, failedHandshakes } = counts;
  const forbidden = forbiddenSenders + forbiddenMessages;
  return { refused, forbidden, excess: excessSenders, "failed handshakes": failedHandshakes };
}

function isNotable({ counts }: Row, name: string): boolean {
  return counts.has(name) && counts.get(name) !== 0;
}

function countIn({ counts }: Row, name: string): string {
  return counts.has(name) ? String(counts.get(name) ?? "?") : "";
}
