import { readFileSync } from "node:fs";
import { Command, CommanderError, Help, Option } from "commander";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { printableLines } from "../core/printable.ts";
import { nameProcess } from "../os/process-name.ts";
import { projectFile } from "../os/project-file.ts";
import { type ColorChoice, colorOption } from "./color.ts";
import { LOG_LEVELS, type LogLevel, openDiagnostics } from "./diagnostics.ts";
import { closeStrayDebugger } from "./stray-debugger.ts";

/** The exit statuses of every command. */
export const EXIT = {
  done: 0,
  operational: 1,
  usage: 2,
  linesLost: 3,
  /** A forwarder was stopped before all was forwarded. */
  backlog: 4,
  /** Only a person can help: a password, a permission, a stream that doesn't exist. */
  engineRefused: 5,
  /** The statuses with which shells, env and nohup report that a program was not found, or was found but not started. */
  programNotFound: 127,
  programNotStarted: 126,
} as const;

/** What the help calls the options that every command has. */
const COMMON_GROUP = "General:";

/** Options that every command has. */
export interface CommonOptions {
  readonly logLevel: LogLevel;
  readonly color: ColorChoice;
}

/** A command with what all commands share: `--version`, `--log-level`, `--color`, suggestions, and errors that run() maps to exit statuses. */
export function createCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .optionsGroup(COMMON_GROUP)
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addOption(
      new Option("--log-level <level>", "diagnostics on stderr from this level up").choices(LOG_LEVELS).default("info"),
    )
    .addOption(colorOption())
    .configureHelp({ showGlobalOptions: true, groupItems })
    .configureOutput({ writeOut: writeHelp, outputError: (text, write) => write(printableLines(text)) })
    .exitOverride();
}

/**
 * Runs a command of createCommand() on the arguments, by default the process's. The action sets `process.exitCode` for any status
 * but 0. A usage error ends with 2, and an OperationalError with one line on stderr and 1. Any other throw is a bug and
 * crashes as Node does.
 */
export async function run(command: Command, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  nameProcess(command.name());
  closeStrayDebugger();
  // It is not an error when the reader of stdout is gone (`producer … | head -1`): events are for their readers.
  process.stdout.on("error", () => {});
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = await report(error, command);
  }
}

async function report(error: unknown, command: Command): Promise<number> {
  // Commander has printed its message, or the help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (!(error instanceof OperationalError)) throw error;
  const { logLevel, color, json } = command.opts<CommonOptions & { readonly json?: true }>();
  const terminal = process.stderr.isTTY === true && json !== true;
  const log = await openDiagnostics({ name: command.name(), level: logLevel, terminal, color });
  log.error({ code: error.code }, error.message);
  return exitOf(error);
}

function exitOf(error: OperationalError): number {
  switch (error.code) {
    // These are errors in what the user typed; the others are in what the command found.
    case "USAGE":
    case "ADDRESS_INVALID":
    case "PATH_TOO_LONG":
      return EXIT.usage;
    case "ENGINE_REFUSED":
      return EXIT.engineRefused;
    case "PROGRAM_NOT_STARTED":
      return errnoOf(error.cause) === "ENOENT" ? EXIT.programNotFound : EXIT.programNotStarted;
    default:
      return EXIT.operational;
  }
}

/** Groups options for the help, those that every command has at the end. */
function groupItems<Item extends Command | Option>(
  unsorted: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = Help.prototype.groupItems(unsorted, visible, groupOf);
  const common = groups.get(COMMON_GROUP);
  groups.delete(COMMON_GROUP);
  return common === undefined ? groups : groups.set(COMMON_GROUP, common);
}

/** It is not an error when help fills a pipe whose reader is gone. */
function writeHelp(text: string): void {
  process.stdout.on("error", () => {});
  process.stdout.write(text);
}

/** The version in package.json. */
export function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(projectFile("package.json"), "utf8"));
  return manifest.version;
}
