import { type Command, Option } from "commander";
import { Audit, type FileAudit, isFlawed } from "../../forwarder/audit.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { announcer, type Presenters } from "../events.ts";
import { createCommand, EXIT } from "../run.ts";
import { openReader, type ReadingOptions } from "./read.ts";
import { addCredentialOptions } from "./target-options.ts";

const EXAMPLES = `
Examples:
  $ forwarder audit nats://h1:4222 --stream LOGS

Exit: 0 each file is there without gaps and overlaps, 1 failed, 2 wrong usage, 3 something is missing, doubled or damaged,
5 refused by the server.`;

interface AuditCommandOptions extends ReadingOptions {
  readonly json?: true;
}

interface AuditEvents {
  file(audit: FileAudit): void;
  audited(files: readonly FileAudit[], foreign: number): void;
}

const presenters: Presenters<AuditEvents> = {
  file: (audit) => ({ json: { event: "file", ...audit }, text: [sentence(audit)] }),
  audited: (files, foreign) => {
    const flawed = files.filter(isFlawed).length;
    const lines = files.reduce((sum, file) => sum + file.lines, 0);
    const verdict = flawed === 0 ? "each without gaps and overlaps" : `${flawed} of them with flaws`;
    return {
      json: { event: "audited", files: files.length, flawed, lines, foreign },
      text: [`${lines} lines of ${files.length} files, ${verdict}; ${foreign} messages of other programs`],
    };
  },
};

/** The command `forwarder audit`. */
export function auditCommand(): Command {
  const command = createCommand("forwarder", "Check that a stream has each file without gaps, overlaps and damage.")
    .usage("audit [options] <url>")
    .argument("<url>", "nats://host:4222[,host:4222...]")
    .addHelpText("after", EXAMPLES)
    .optionsGroup("What to read:")
    .option("--stream <name>", "the stream")
    .option("--host <name>", "only what this host has sent");
  return addCredentialOptions(command)
    .optionsGroup("Reports:")
    .addOption(new Option("--json", "print JSON on a terminal, too"))
    .action(audit);
}

async function audit(url: string, options: AuditCommandOptions): Promise<void> {
  const { logLevel: level, color } = options;
  const isForPeople = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && options.json !== true;
  const isLogForPeople = isForPeople(process.stderr);
  const log = await openDiagnostics({ name: "forwarder", level, terminal: isLogForPeople, color });
  const output = { stream: process.stdout, isForPeople: isForPeople(process.stdout), log, isLogForPeople };
  const events = announcer(presenters, output);
  // A signal ends it at once: half an audit says nothing.
  const reader = openReader(url, options, { log, stop: new AbortController().signal });
  const found = new Audit();
  for await (const { block } of reader.read()) found.add(block);
  for (const file of found.files) events.file(file);
  events.audited(found.files, reader.tally.foreign);
  if (found.files.some(isFlawed)) process.exitCode = EXIT.linesLost;
}

/** `web1 fab77b842d54fafa: 1000 lines, bytes 0 to 50888; 1 gap of 20 bytes` */
function sentence(audit: FileAudit): string {
  const { host, file, begin, end, lines, gaps, gapBytes, overlaps, overlapBytes, damaged } = audit;
  const parts = [
    `${host} ${file}: ${lines} lines, bytes ${begin} to ${end}`,
    ...(gaps > 0 ? [`${gaps} gaps of together ${gapBytes} bytes`] : []),
    ...(overlaps > 0 ? [`${overlaps} overlaps of together ${overlapBytes} bytes`] : []),
    ...(damaged > 0 ? [`${damaged} damaged blocks`] : []),
  ];
  return parts.join("; ");
}
