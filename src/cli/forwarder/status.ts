import { closeSync, openSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { checkpointPath } from "../../checkpoint/checkpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { parseDuration, parseSize } from "../../core/units.ts";
import { type FileStatus, type ForwardingStatus, readStatus } from "../../forwarder/status.ts";
import { findLockHolder } from "../../os/file-lock.ts";
import { type Column, fitted, tableHead, tableRow } from "../../report/text-table.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { announcer, type Presenters } from "../events.ts";
import { type CommonOptions, createCommand, EXIT } from "../run.ts";
import { short } from "../short-number.ts";

const EXAMPLES = `
Examples:
  $ forwarder status app.jsonl                 how far it is, from the files alone
  $ forwarder status app.jsonl --max-lag 5m    for cron: status 4 when a line waits for longer

Exit: 0 done, 1 failed, 2 wrong usage, 3 the file that was being forwarded is gone or replaced, 4 more than --max-lag.`;

/** A limit: the age of the oldest line, or bytes. */
type LagMax = { readonly seconds: number } | { readonly bytes: number };

interface StatusCommandOptions extends CommonOptions {
  readonly maxLag?: LagMax;
  readonly json?: true;
}

interface StatusEvents {
  status(status: ForwardingStatus, holder: string | null): void;
}

const COLUMNS: readonly Column<FileStatus>[] = [
  { title: "file", width: 0, align: "left", cell: ({ path }) => path },
  { title: "name in the stream", width: 0, align: "left", cell: ({ id }) => id ?? "-" },
  { title: "bytes", width: 0, align: "right", cell: ({ bytes }) => String(bytes) },
  { title: "forwarded", width: 0, align: "right", cell: ({ forwardedBytes }) => String(forwardedBytes) },
  { title: "lines left", width: 0, align: "right", cell: ({ lagLines }) => String(lagLines) },
];

const presenters: Presenters<StatusEvents> = {
  status: (status, holder) => ({
    json: { event: "status", ...status, forwarder: holder },
    text: report(status, holder),
  }),
};

/** The command `forwarder status`. */
export function statusCommand(): Command {
  return createCommand("forwarder", "Show how far a log file is forwarded, without connecting.")
    .usage("status [options] <file>")
    .argument("<file>", "the log file")
    .addHelpText("after", EXAMPLES)
    .optionsGroup("Limits:")
    .addOption(new Option("--max-lag <limit>", "a duration or a size above which the status is 4").argParser(lagValue))
    .optionsGroup("Reports:")
    .option("--json", "print JSON on a terminal, too")
    .action(status);
}

async function status(path: string, options: StatusCommandOptions): Promise<void> {
  const { logLevel: level, color } = options;
  const isForPeople = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && options.json !== true;
  const isLogForPeople = isForPeople(process.stderr);
  const log = await openDiagnostics({ name: "forwarder", level, terminal: isLogForPeople, color });
  const output = { stream: process.stdout, isForPeople: isForPeople(process.stdout), log, isLogForPeople };
  const found = readStatus(path, new Date());
  announcer(presenters, output).status(found, holderOf(path));
  if (found.present === "gone" || found.present === "replaced") process.exitCode = EXIT.linesLost;
  else if (isAbove(found, options.maxLag)) process.exitCode = EXIT.backlog;
}

/** @throws OperationalError USAGE where lines have no times by which their age is known */
function isAbove({ lagBytes, lagSeconds, oldest }: ForwardingStatus, max: LagMax | undefined): boolean {
  if (max === undefined) return false;
  if ("bytes" in max) return lagBytes > max.bytes;
  if (lagSeconds !== null) return lagSeconds > max.seconds;
  const fact = `the line at ${oldest?.offset} of ${oldest?.path} has no time by which its age is known`;
  throw new OperationalError("USAGE", `${fact}; write a size, such as --max-lag 10MiB`);
}

/** Which process has the checkpoint locked. */
function holderOf(path: string): string | null {
  try {
    const fd = openSync(checkpointPath(path), "r");
    try {
      return findLockHolder(fd) ?? null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

function report(found: ForwardingStatus, holder: string | null): string[] {
  const { target, lagBytes, lagLines, lagSeconds, oldest, files, present } = found;
  const age = lagSeconds === null ? "" : `, ${short(Math.round(lagSeconds))} s`;
  const columns = fitted(COLUMNS, files);
  return [
    ...(target === null ? ["nothing has been forwarded"] : [`forwarded to ${target}`]),
    holder === null ? "no forwarder runs" : `a forwarder runs: ${holder}`,
    `behind: ${short(lagLines)} lines, ${short(lagBytes)}B${age}`,
    ...(oldest === null
      ? []
      : [`oldest line: ${oldest.path} at ${oldest.offset}${oldest.time ? `, ${oldest.time}` : ""}`]),
    ...(present === "gone" || present === "replaced" ? [`the file that was being forwarded is ${present}`] : []),
    ...(present === "shortened"
      ? ["the file that was being forwarded has lost its end; the stream may have some of these lines"]
      : []),
    ...tableHead(columns),
    ...files.map((file) => tableRow(columns, file)),
  ];
}

/** A duration needs its unit here, because a number alone is bytes. */
function lagValue(text: string): LagMax {
  const bytes = parseSize(text);
  if (bytes !== undefined && !/m$/.test(text)) return { bytes };
  const ms = parseDuration(text);
  if (ms !== undefined) return { seconds: ms / 1000 };
  throw new InvalidArgumentError("Write a duration such as 30s or 5m, or a size such as 10MiB.");
}
