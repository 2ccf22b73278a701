import { LiveLine } from "../../src/cli/live-line.ts";
import { type Column, fitted, tableHead, tableRow } from "../../src/report/text-table.ts";
import type { HostAudit, TransportAudit } from "./audit.ts";
import type { PartFigures } from "./growth.ts";

const REDRAW_MS = 250;

/** A fault: what was killed, and what that meant. */
export interface Fault {
  readonly atSeconds: number;
  readonly killed: "leader" | "forwarder" | "aggregator";
  readonly name: string;
  /** What stood still, and for how long. */
  readonly part: string;
  readonly stoodStillSeconds: number;
}

/** What `forwarder audit` says of the stream. */
export interface StreamAudit {
  readonly files: number;
  /** Files with gaps, overlaps or damage. */
  readonly flawed: number;
  readonly lines: number;
}

/** All that was found at the end. */
export interface Findings {
  readonly transports: readonly TransportAudit[];
  readonly hosts: readonly HostAudit[];
  readonly audited: StreamAudit;
}

const KILLED: Readonly<Record<Fault["killed"], (name: string) => string>> = {
  leader: (name) => `${name}, the stream's leader`,
  forwarder: (name) => `${name}'s forwarder`,
  aggregator: (name) => `${name}'s aggregator`,
};

const BARS = "▁▂▃▄▅▆▇█";

const COLUMNS: readonly Column<TransportAudit>[] = [
  { title: "host", width: 0, align: "left", cell: ({ host }) => host },
  { title: "transport", width: 0, align: "left", cell: ({ transport }) => transport },
  { title: "acks", width: 0, align: "left", cell: ({ isAcknowledged }) => (isAcknowledged ? "yes" : "no") },
  { title: "sent", width: 0, align: "right", cell: ({ sent }) => String(sent) },
  { title: "not sent", width: 0, align: "right", cell: ({ unsent }) => String(unsent) },
  { title: "stored", width: 0, align: "right", cell: ({ stored }) => String(stored) },
  { title: "stored twice", width: 0, align: "right", cell: ({ storedTwice }) => String(storedTwice) },
  { title: "lost", width: 0, align: "right", cell: ({ lost }) => String(lost) },
];

/** Tells people on a terminal what happens in sentences, with a live line, and programs in JSON objects. */
export class Report implements Disposable {
  readonly #isForPeople: boolean = process.stdout.isTTY === true && !process.argv.includes("--json");
  readonly #live = new LiveLine(process.stdout);
  #timer: NodeJS.Timeout | undefined;

  /** One event. */
  say(event: Readonly<Record<string, unknown>> & { readonly event: string }, ...sentences: readonly string[]): void {
    this.#live.clear();
    const lines = this.#isForPeople ? sentences : [JSON.stringify(event)];
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Shows on a terminal how far everything is, from now on. */
  follow(state: () => string): void {
    if (this.#isForPeople) this.#timer = setInterval(() => this.#live.draw(state), REDRAW_MS);
  }

  killed({ atSeconds, killed, name }: Pick<Fault, "atSeconds" | "killed" | "name">): void {
    const at = `${atSeconds.toFixed(1).padStart(4)} s`;
    this.say({ event: "killed", atSeconds, killed, name }, `${at}  kill -9 of ${KILLED[killed](name)}`);
  }

  /** How much was written when, and how long each part stood still. */
  timeline(parts: readonly PartFigures[], faults: readonly Fault[]): void {
    this[Symbol.dispose]();
    const width = Math.max(...parts.map(({ name }) => name.length)) + 2;
    const columns = Math.max(...parts.map(({ bytesPerHalfSecond }) => bytesPerHalfSecond.length));
    const scale = placed(Array.from({ length: columns / 10 + 1 }, (_, n) => [n * 10, String(n * 5)] as const));
    const rows = parts.map(({ name, longestPauseSeconds, bytesPerHalfSecond }) => {
      const bars = chart(bytesPerHalfSecond).padEnd(columns, "·");
      return `${name.padEnd(width)}${bars}  longest pause ${longestPauseSeconds.toFixed(1).padStart(3)} s`;
    });
    const marks = faults.map(({ atSeconds }, at) => [Math.floor(atSeconds * 2), String(at + 1)] as const);
    const sentences = faults.map(
      ({ killed, name, part, stoodStillSeconds }, at) =>
        `${at + 1}  kill -9 of ${KILLED[killed](name)}: ${part} stood still for ${stoodStillSeconds.toFixed(1)} s`,
    );
    const head = [`${"seconds".padEnd(width)}${scale}`, ...rows, " ".repeat(width) + placed(marks)];
    this.say({ event: "timeline", parts, faults }, "", ...head, ...sentences);
  }

  transports(audits: readonly TransportAudit[]): void {
    const columns = fitted(COLUMNS, audits);
    if (this.#isForPeople) {
      const rows = audits.map((audit) => tableRow(columns, audit));
      this.say({ event: "table" }, "", ...tableHead(columns), ...rows);
    } else for (const audit of audits) this.say({ event: "transport", ...audit });
  }

  host(audit: HostAudit): void {
    const { host, files, lines, bytes, isInStream, isReadBack } = audit;
    const size = `${host}: ${lines} lines, ${(bytes / 1e6).toFixed(1)} MB in ${files} files`;
    const isSame = isInStream && isReadBack;
    const different = [isInStream ? "" : "THE STREAM", isReadBack ? "" : "WHAT WAS READ BACK"].filter(Boolean);
    const verdict = isSame ? "files = stream = read back, byte for byte" : `DIFFERENT: ${different.join(" and ")}`;
    this.say({ event: "host", ...audit }, `${size}; ${verdict}`);
  }

  /** @returns whether all that was promised has been kept */
  verdict({ transports, hosts, audited }: Findings): boolean {
    const sum = (acked: boolean, count: (audit: TransportAudit) => number): number =>
      transports.filter(({ isAcknowledged }) => isAcknowledged === acked).reduce((all, audit) => all + count(audit), 0);
    const isSame = hosts.every(({ isInStream, isReadBack }) => isInStream && isReadBack);
    const ackedLost = sum(true, ({ lost }) => lost);
    const isKept = isSame && audited.flawed === 0 && ackedLost === 0;
    const ackedTwice = sum(true, ({ storedTwice }) => storedTwice);
    const others = transports.filter(({ isAcknowledged }) => !isAcknowledged);
    const otherLost = sum(false, ({ lost }) => lost);
    const where = hosts.map(({ host }) => {
      const lost = others.reduce((all, audit) => all + (audit.host === host ? audit.lost : 0), 0);
      return `${lost} on ${host}`;
    });
    const { lines, files, flawed } = audited;
    this.say(
      { event: "verdict", isKept, ackedLost, ackedTwice, otherLost, streamFiles: files, flawedFiles: flawed },
      `forwarder audit: ${lines} lines of ${files} files in the stream, ${flawed} of the files with gaps or overlaps`,
      `acknowledged lines: ${ackedLost} lost of ${sum(true, ({ sent }) => sent)}; ${ackedTwice} sent again and stored twice`,
      `other lines: ${otherLost} lost of ${sum(false, ({ sent, unsent }) => sent + unsent)} (${where.join(", ")})`,
      isKept ? "Everything that was promised has been kept." : "SOMETHING THAT WAS PROMISED HAS NOT BEEN KEPT.",
    );
    return isKept;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#live.clear();
  }
}

/** A character for each value, relative to the largest one. */
function chart(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  const bar = (value: number): string =>
    BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? "";
  return values.map((value) => (value === 0 ? "·" : bar(value))).join("");
}

/** A line with texts at columns, which ascend. */
function placed(texts: readonly (readonly [column: number, text: string])[]): string {
  return texts.reduce((line, [column, text]) => line.padEnd(column) + text, "");
}
