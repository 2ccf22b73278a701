import type { Command } from "commander";
import { checkLines, checkLog } from "../../forwarder/check-log.ts";
import { type Engine, EngineError } from "../../forwarder/engines/engine.ts";
import type { EnginePlan } from "../../forwarder/engines/engine-kind.ts";
import { ENGINE_SYNTAX } from "../../forwarder/engines/engines.ts";
import { type CheckNeeds, type Finding, fail, ok, warn } from "../../forwarder/engines/finding.ts";
import { openDiagnostics } from "../diagnostics.ts";
import { announcer, type Presenters } from "../events.ts";
import { createCommand, EXIT } from "../run.ts";
import { addForwarderOptions, type ForwarderCommandOptions } from "./options.ts";
import { planTarget } from "./target-options.ts";

const EXAMPLES = `
Examples:
  $ forwarder check app.jsonl --to nats://h1:4222,h2:4222 --stream LOGS
  $ forwarder check app.jsonl --to nats://h1:4222 --stream LOGS --publish    also whether this user may publish

Exit: 0 nothing fails, 1 something does, 2 wrong usage.`;

interface CheckCommandOptions extends ForwarderCommandOptions {
  readonly publish?: true;
}

interface CheckEvents {
  finding(finding: Finding): void;
  checked(counts: Readonly<Record<Finding["level"], number>>): void;
}

const presenters: Presenters<CheckEvents> = {
  finding: ({ level, subject, fact, remedy }) => ({
    json: { event: "finding", level, subject, fact, ...(remedy === undefined ? {} : { remedy }) },
    text: [`${level.padEnd(4)}  ${subject.padEnd(11)} ${fact}${remedy === undefined ? "" : `; ${remedy}`}`],
  }),
  checked: (counts) => ({
    json: { event: "checked", ...counts },
    text: [`${counts.ok} ok, ${counts.warn} warnings, ${counts.fail} failed`],
  }),
};

/** The command `forwarder check`. */
export function checkCommand(): Command {
  const command = createCommand("forwarder", "Check that a log file can be forwarded, without forwarding it.")
    .usage("check [options] <file>")
    .argument("<file>", "the log file")
    .addHelpText("after", EXAMPLES);
  return addForwarderOptions(command, ENGINE_SYNTAX)
    .optionsGroup("What to check:")
    .option("--publish", "nats: send a message that the stream refuses, but subscribers get")
    .action(check);
}

async function check(path: string, options: CheckCommandOptions, command: Command): Promise<void> {
  const plan = planTarget(options, command);
  const { logLevel: level, color } = options;
  const isForPeople = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && options.json !== true;
  const isLogForPeople = isForPeople(process.stderr);
  const log = await openDiagnostics({ name: "forwarder", level, terminal: isLogForPeople, color });
  const output = { stream: process.stdout, isForPeople: isForPeople(process.stdout), log, isLogForPeople };
  const events = announcer(presenters, output);
  const counts = { ok: 0, warn: 0, fail: 0 };
  for await (const finding of findings(path, plan, options)) {
    counts[finding.level]++;
    events.finding(finding);
  }
  events.checked(counts);
  if (counts.fail > 0) process.exitCode = EXIT.operational;
}

async function* findings(
  path: string,
  plan: EnginePlan,
  { block, unit, publish, compress }: CheckCommandOptions,
): AsyncGenerator<Finding> {
  const target = plan.isRemembered ? plan.target : undefined;
  let isReadable = true;
  for (const finding of checkLog(path, target)) {
    if (finding.level === "fail" && finding.subject === "file") isReadable = false;
    yield finding;
  }
  const engine = plan.connect();
  // Of a single line, the block's length is its own.
  const needs = { blockBytes: unit === "line" ? 0 : block, mayPublish: publish === true };
  const bytesMax = yield* engine.check?.(needs) ?? opening(engine, needs);
  if (bytesMax !== undefined && bytesMax > 0 && isReadable) yield* checkLines(path, target, { bytesMax, compress });
}

/** Of an engine without checks of its own: whether it can be reached. @returns longest line that it accepts */
async function* opening(engine: Engine, { blockBytes }: CheckNeeds): AsyncGenerator<Finding, number | undefined> {
  try {
    const { blockBytesMax, lineBytesMax } = await engine.open();
    yield ok("connection", `blocks of up to ${blockBytesMax} bytes, and lines of up to ${lineBytesMax}`);
    if (blockBytesMax < blockBytes)
      yield warn("size", `blocks are at most ${blockBytesMax} bytes, less than --block`, "choose a smaller --block");
    return lineBytesMax;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const [fact = "", ...rest] = error.message.split("; ");
    yield fail("connection", fact, rest.join("; ") || "start it, or pass another address");
    return undefined;
  } finally {
    await engine.close();
  }
}
