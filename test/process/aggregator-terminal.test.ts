import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { AGGREGATOR } from "../support/aggregator-process.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Terminal } from "../support/terminal.ts";
import { withoutOrigin } from "../support/wrapped.ts";

const CTRL_C = "\x03";
const ERASE = "\r\u001b[J";

let cwd = "";
beforeEach(() => {
  cwd = temporaryDirectory();
});

function aggregatorOnTerminal(columns: number, ...args: string[]): Terminal {
  return new Terminal([process.execPath, AGGREGATOR, "unixsock=x.sock", ...args], columns, { cwd });
}

function sender(): RawSender {
  return openRawSender({ transport: "unixsock", path: join(cwd, "x.sock") }, "stream");
}

/** The live lines among what was shown. */
function liveLines(output: string): string[] {
  return output.split(ERASE).filter((text) => /^\d.* dropped\r/.test(text));
}

test("shows a live line while it runs, readable diagnostics, and the ledger at Ctrl-C", async () => {
  const terminal = aggregatorOnTerminal(120);
  await terminal.shows(/listening on unixsock x\.sock/);
  expect(terminal.output).not.toContain('"level":"info"');
  const raw = sender();
  raw.write("{}\n{}\nno json\n");
  await terminal.shows(/3 lines {3}\d[\d.k]* lines\/s {3}\d\.\d MB\/s {3}1 sender {3}0B queued {3}0 dropped/);
  await terminal.shows(/3 lines {3}0 lines\/s/);
  raw.close();
  await terminal.shows(/3 lines {3}0 lines\/s .* 0 senders/);
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  // The line is taken off the screen, and what follows it stands on lines of its own.
  const end = output.slice(output.lastIndexOf(ERASE) + ERASE.length);
  expect(end).not.toContain("lines/s");
  expect(end).toMatch(/^ +3 +3 +1 {2}unixsock x\.sock\r\n/m);
  expect(output).not.toContain('{"');
  expect(withoutOrigin(readFileSync(join(cwd, "aggregated_logs.jsonl"), "utf8"))).toBe('{}\n{}\n{"_raw":"no json"}\n');
});

/** What is shown, without colours. */
function plain(output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours are such characters
  return output.replaceAll("\r\n", "\n").replace(/\u001b\[[\d;]*m/g, "");
}

test("says in sentences where it listens, which file it writes, and what became of the lines", async () => {
  const terminal = aggregatorOnTerminal(80, "tcp=:0", "--no-status", "--max-line", "10", "-o", "./logs.jsonl");
  await terminal.shows(/appending lines to/);
  sender().write("{}\nno json\n\n0123456789abc\n");
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(3);
  const [, port] = /listening on tcp 127\.0\.0\.1:(\d+)/.exec(output) ?? [];
  const file = join(realpathSync(cwd), "logs.jsonl");
  expect(plain(output).replace(/\[[\d:.]+\] /, "")).toBe(
    [
      "listening on unixsock x.sock",
      `listening on tcp 127.0.0.1:${port}`,
      `appending lines to ${file}`,
      "^Creceived  stored  wrapped  blank  oversize  source",
      "────────  ──────  ───────  ─────  ────────  ──────",
      "       4       2        1      1         1  unixsock x.sock",
      `       0       0        0      0         0  tcp 127.0.0.1:${port}`,
      "       4       2        1      1         1  all",
      `stored 2 of 4 lines in ${file}`,
      "WARN: 1 line was lost; the ledger says how",
      "",
    ].join("\n"),
  );
});

test("--stats-interval and SIGUSR2 show the ledger as a table", async () => {
  const terminal = aggregatorOnTerminal(80, "--no-status", "--stats-interval", "100ms");
  await terminal.shows(/received +stored +source\r\n[─ ]+\r\n +0 +0 +unixsock x\.sock\r\n/);
  sender().write("{}\n");
  await terminal.shows(/\n +1 +1 +unixsock x\.sock\r\n/);
  terminal.type(CTRL_C);
  expect((await terminal.ended).status).toBe(0);
});

test("--json asks for JSON on a terminal", async () => {
  const terminal = aggregatorOnTerminal(200, "--json", "--no-status");
  await terminal.shows(/"listening on unixsock/);
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  const lines = output.replace("^C", "").trimEnd().split("\r\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: "listening", transport: "unixsock", address: "x.sock" },
    { level: "info", msg: "listening on unixsock x.sock" },
    { event: "closed", stored: 0 },
    { level: "info", msg: "stored 0 of 0 lines; none lost" },
  ]);
});

test("with -o - the terminal gets records, sentences, and no live line", async () => {
  const terminal = aggregatorOnTerminal(80, "-o", "-");
  await terminal.shows(/writing lines to standard output/);
  sender().write('{"n":1}\n');
  await terminal.shows(/\{"n":1\}\r?\n/);
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).toContain("stored 1 of 1 lines on standard output; none lost");
  expect(output).not.toContain("lines/s");
});

test("the live line is redrawn in place and never wraps; 40 columns show what was dropped", async () => {
  const terminal = aggregatorOnTerminal(40);
  await terminal.shows(/listening on/);
  sender().write("{}\n".repeat(5000));
  await terminal.shows(/5\.00k lines {3}0 lines\/s {3}0 dropped/);
  terminal.type(CTRL_C);
  const { output } = await terminal.ended;
  const redraws = liveLines(output);
  expect(redraws.length).toBeGreaterThan(1);
  for (const text of redraws) expect(text).toMatch(/^[^\r\n]{1,39}\r(\^C)?$/);
});

test("the live line follows the width of the terminal", async () => {
  const terminal = aggregatorOnTerminal(120);
  await terminal.shows(/0 lines {3}0 lines\/s {3}0\.0 MB\/s {3}0 senders {3}0B queued {3}0 dropped/);
  terminal.resize(30);
  await terminal.shows(/0 lines {3}0 dropped\r/);
  const narrow = terminal.output.length;
  terminal.resize(80);
  await terminal.shows(/0 lines {3}0 lines\/s {3}0\.0 MB\/s {3}0 senders {3}0B queued {3}0 dropped/, narrow);
  terminal.type(CTRL_C);
  const { output } = await terminal.ended;
  // A terminal that wraps the old line when it becomes narrower keeps the cursor at its start, where everything is erased.
  for (const text of liveLines(output)) expect(text).toMatch(/dropped\r(\^C)?$/);
});

test("an event never shares a line with the live line", async () => {
  const terminal = aggregatorOnTerminal(120, "--json", "--stats-interval", "100ms");
  await terminal.shows(/(dropped.*"event":"stats".*){3}/s);
  terminal.type(CTRL_C);
  const { output } = await terminal.ended;
  const before = output.split('{"event":"stats"').slice(0, -1);
  for (const text of before) expect([ERASE, "\n"]).toContain(text.endsWith(ERASE) ? ERASE : text.at(-1));
  expect(output).toContain(`${ERASE}{"event":"stats"`);
});

test("a background job leaves the terminal to the shell until it is brought to the foreground", async () => {
  const shell = new Terminal(["bash", "--norc", "--noediting", "-i"], 120, { cwd });
  const command = [process.execPath, AGGREGATOR, "unixsock=x.sock", "--json", "--stats-interval", "100ms"].join(" ");
  shell.type(`${command} &\n`);
  const background = await shell.shows(/("event":"stats".*){10}/s);
  expect(background).not.toContain("lines/s");
  expect(background).not.toContain(ERASE);
  shell.type("fg\n");
  await shell.shows(/0 lines\/s .* 0 dropped/);
  shell.type(CTRL_C);
  await shell.shows(/"event":"closed"/);
  shell.type("exit\n");
  expect((await shell.ended).status).toBe(0);
});

test("a terminal of unknown width gets the live line too", async () => {
  const terminal = aggregatorOnTerminal(0);
  await terminal.shows(/0 lines {3}0 lines\/s/);
  terminal.type(CTRL_C);
  expect((await terminal.ended).status).toBe(0);
});

test("--no-status leaves the terminal to the diagnostics", async () => {
  const terminal = aggregatorOnTerminal(120, "--no-status");
  await terminal.shows(/listening on/);
  sender().write("{}\n");
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).not.toContain("lines/s");
  expect(output).toContain("stored 1 of 1 lines");
});

test("an error on a terminal is one readable line", async () => {
  const terminal = aggregatorOnTerminal(120, "--output", "missing/out.jsonl");
  const { status, output } = await terminal.ended;
  expect(status).toBe(1);
  expect(output).toMatch(/missing\/out\.jsonl can't be opened for appending \(ENOENT\); make its directory/);
  expect(output).not.toMatch(/\n {4}at /);
});
