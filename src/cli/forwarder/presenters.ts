import type { Refusal } from "../../forwarder/engines/engine.ts";
import type { FileChange, ForwarderEvents } from "../../forwarder/events.ts";
import type { Forwarding } from "../../forwarder/forwarder.ts";
import type { Message, Presenters } from "../events.ts";
import { type MetricsEvents, presentMetrics } from "../metrics-event.ts";
import { short } from "../short-number.ts";

/** The result of a run. */
export interface Done extends Forwarding {
  readonly target: string;
  /** Files that were truncated, replaced or removed before they were forwarded to their end. */
  readonly changedFiles: number;
  readonly seconds: number;
}

/** What the command reports. */
export interface ForwarderCommandEvents extends ForwarderEvents, MetricsEvents {
  done(done: Done): void;
}

const CHANGES: Readonly<Record<FileChange, string>> = {
  copied: "is truncated, and its content is in another file, which is forwarded first",
  shortened: "has lost some of what was forwarded, as in a power cut; all that differs from it is forwarded",
  replaced: "has another content than before; it is forwarded from its beginning, and what was not forwarded is lost",
  gone: "is gone with what was not forwarded; forwarding goes on with the next file",
};

export const presenters: Presenters<ForwarderCommandEvents> = {
  connected: ({ target, file, offset }) => ({
    json: { event: "connected", target, file, offset },
    text: [`forwarding to ${target}`],
  }),
  waiting: (reason) => logged("warn", `${reason}; trying again`),
  rotated: ({ file, bytes }) => logged("info", `file ${file} is forwarded to its end, ${bytes} bytes`, { file, bytes }),
  changed: (change, { path, offset }) =>
    logged(change === "copied" ? "info" : "error", `${path} (forwarded up to ${offset}) ${CHANGES[change]}`, {
      change,
      offset,
    }),
  refilling: ({ file, offset, from }) =>
    logged("warn", `the stream has lost blocks that it had acknowledged; they are sent again`, { file, offset, from }),
  warned: (message) => logged("warn", `the engine has accepted a block and says: ${message}`),
  rejected: (refusal) => logged("error", rejection(refusal), { ...refusal }),
  metrics: presentMetrics,
  done: (done) => {
    const { target, tally, changedFiles, backlogBytes, seconds } = done;
    const times = { seconds: Number(seconds.toFixed(3)) };
    return { json: { event: "done", target, ...tally, changedFiles, backlogBytes, ...times }, text: [summary(done)] };
  },
};

/** `forwarded 250 lines (44.1kB) to … in 1.20 s; 1 line rejected; 12 kB left` */
function summary({ target, tally, changedFiles, backlogBytes, seconds }: Done): string {
  const parts = [
    `forwarded ${tally.lines} lines (${short(tally.bytes)}B) to ${target} in ${seconds.toFixed(2)} s`,
    ...(tally.rejected + tally.unnamed > 0 ? [`${tally.rejected + tally.unnamed} rejected`] : []),
    ...(changedFiles > 0 ? [`${changedFiles} files changed or lost`] : []),
    ...(backlogBytes === null ? ["backlog unknown"] : backlogBytes > 0 ? [`${short(backlogBytes)}B left`] : []),
  ];
  return parts.join("; ");
}

function rejection({ reason, offset, length, lines, message }: Refusal): string {
  const where = `${length} bytes at ${offset}`;
  if (reason === "unnamed")
    return `${lines} lines of the block of ${where} are rejected, it is unknown which: ${message}`;
  return `the line of ${where} is rejected: ${message}`;
}

function logged(level: Message["level"], words: string, fields: Message["fields"] = {}): { log: Message[] } {
  return { log: [{ level, words, fields }] };
}
