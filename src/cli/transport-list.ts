import { join } from "node:path";
import { LOOPBACK, PORT_DEFAULT } from "../addresses/default-address.ts";
import { hasPath, TRANSPORT_NAMES, type TransportName } from "../core/transport-name.ts";
import { type Column, fitted, tableRow } from "../report/text-table.ts";
import { pathRulesOf, REGISTRY } from "../transports/registry.ts";

/**
 * What to answer where no transport was named: each of them, with an example.
 *
 * @param request "name a transport to listen on"
 */
export function transportList(command: string, request: string): string {
  const columns: readonly Column<TransportName | undefined>[] = [
    column((name) => (name === undefined ? "" : `${command} ${name}=${addressOf(name)}`)),
    column((name) => (name === undefined ? "longest line" : longestLine(name))),
    column((name) => (name === undefined ? "aggregator too slow" : whenTooSlow(name))),
  ];
  const rows = [undefined, ...TRANSPORT_NAMES];
  const table = fitted(columns, rows);
  return [
    `error: ${request}:`,
    "",
    ...rows.map((name) => `  ${tableRow(table, name)}`),
    "",
    "Without an address, aggregator and producer use the same default one.",
    `${command} --help lists all options.`,
  ].join("\n");
}

function column(cell: (name: TransportName | undefined) => string): Column<TransportName | undefined> {
  return { title: "", width: 0, align: "left", cell };
}

function addressOf(name: TransportName): string {
  return hasPath(name) ? join("/tmp", pathRulesOf(name).defaultName) : `${LOOPBACK}:${PORT_DEFAULT}`;
}

function longestLine(name: TransportName): string {
  const { atomicBytesMax } = REGISTRY[name].traits;
  return Number.isFinite(atomicBytesMax) ? `${atomicBytesMax} bytes` : "any length";
}

function whenTooSlow(name: TransportName): string {
  return REGISTRY[name].traits.overload === "blocks" ? "senders wait" : "lines are dropped";
}
