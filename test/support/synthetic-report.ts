import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TransportName } from "../../src/core/transport-name.ts";
import type { CellLine } from "../../src/lab/results/cell-line.ts";
import { measured } from "../../src/lab/results/measured.ts";
import { RESULTS_NAME, readResults } from "../../src/lab/results/results-file.ts";
import { CLAIMS_NAME, readClaims } from "../../src/lab/summary/claims-file.ts";
import { summarize } from "../../src/lab/summary/summarize.ts";
import type { Summary } from "../../src/report/summary.ts";
import { syntheticResults } from "./synthetic-results.ts";

/** Folded stacks of a sender, outermost frame first: inside its sends, in sends to other files, and outside of sends. */
const STACKS: Partial<Record<TransportName, readonly string[]>> = {
  tcp: [
    "node;__x64_sys_write;ksys_write;vfs_write;sock_write_iter;tcp_sendmsg;tcp_write_xmit;ip_output;__local_bh_enable_ip;handle_softirqs;net_rx_action;tcp_v4_rcv 300",
    "node;__x64_sys_write;ksys_write;vfs_write;sock_write_iter;tcp_sendmsg;tcp_sendmsg_locked;skb_copy 90",
    "node;__x64_sys_write;ksys_write;exit_to_user_mode;schedule 60",
    "node;__x64_sys_write;ksys_write;vfs_write;eventfd_write 40",
    "node;JS:*tick 510",
  ],
  unixsock: [
    "node;__x64_sys_write;ksys_write;vfs_write;sock_write_iter;unix_stream_sendmsg;sock_def_readable;_raw_spin_unlock_irqrestore 120",
    "node;__x64_sys_write;ksys_write;vfs_write;sock_write_iter;unix_stream_sendmsg;sock_alloc_send_pskb 60",
    "node;JS:*tick 600",
  ],
};

const CLAIMS = [
  { id: "unixgram-reliable", statement: "unixgram loses nothing", verdict: "pass", evidence: "30,000 of 30,000 lines" },
  { id: "unix-cheaper", statement: "unixsock costs less than tcp", verdict: "fail", evidence: "8.0 and 7.8 µs: a tie" },
  { id: "cycles", statement: "tcp takes twice the cycles", verdict: "not measured", reason: "perf can't count cycles" },
];

/** Writes results with everything that a report can show into a folder: stacks and claims too. @returns what reports are made from */
export function writeSyntheticReport(folder: string): Summary {
  const { run, cells } = syntheticResults();
  mkdirSync(join(folder, "stacks"));
  const lines = [run, ...cells.map((cell) => withStacks(cell, folder))];
  writeFileSync(join(folder, RESULTS_NAME), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  writeFileSync(join(folder, CLAIMS_NAME), CLAIMS.map((claim) => `${JSON.stringify(claim)}\n`).join(""));
  return summarize(readResults(join(folder, RESULTS_NAME)), folder, readClaims(folder));
}

function withStacks(cell: CellLine, folder: string): CellLine {
  const stacks = STACKS[cell.transport];
  if (stacks === undefined || cell.scenario !== "paced" || cell.repeat !== 1) return cell;
  const path = `stacks/${cell.variant}-${cell.transport}.folded`;
  writeFileSync(join(folder, path), `${stacks.join("\n")}\n`);
  return { ...cell, stacks: measured("perf", { "sender-on-cpu": path }) };
}
