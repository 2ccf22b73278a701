import { execFileSync, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { MessageReceiver } from "../support/message-receiver.ts";
import { PRODUCER, ProducerProcess, runProducer, summaryOf } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const NODE = process.execPath;

async function receive(): Promise<{ receiver: StreamReceiver; address: string; directory: string }> {
  const directory = temporaryDirectory();
  const path = join(directory, "log.sock");
  return { receiver: await StreamReceiver.listen({ path }), address: `unixsock=${path}`, directory };
}

/** The text lines in what a receiver got: each is wrapped, and this is what they were. */
function unwrapped(text: string): string[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line)._raw);
}

test("a command's stdout and stderr are shipped, lines of one never inside lines of the other", async () => {
  const { receiver, address } = await receive();
  const script = `
    for (let i = 0; i < 500; i++) {
      process.stdout.write("out " + i + " "); process.stderr.write("err " + i + " ");
      process.stdout.write("end\\n"); process.stderr.write("end\\n");
    }
    process.stdout.write("no line feed");`;
  const finished = await runProducer([address, "--", NODE, "-e", script]);
  expect(finished).toMatchObject({ status: 0, stderr: "" });
  expect(summaryOf(finished).sent).toBe(1001);
  const lines = unwrapped(receiver.text);
  const of = (name: string): string[] => lines.filter((line) => line.startsWith(name));
  const expected = (name: string): string[] => Array.from({ length: 500 }, (_, i) => `${name} ${i} end`);
  expect(of("err")).toEqual(expected("err"));
  expect(of("out")).toEqual(expected("out"));
  expect(of("no")).toEqual(["no line feed"]);
});

test.each([
  ["exit 7", 7],
  ["kill -TERM $$", 143],
  ["exit 0", 0],
])("a command's exit status is passed on: %s gives %d", async (script, status) => {
  const { receiver, address } = await receive();
  const finished = await runProducer([address, "--", "sh", "-c", `echo hello; ${script}`]);
  expect(finished.status).toBe(status);
  expect(summaryOf(finished).sent).toBe(1);
  expect(unwrapped(receiver.text)).toEqual(["hello"]);
});

test("signals go on to the command, and what it writes before it ends is shipped", async () => {
  const { receiver, address } = await receive();
  const script =
    'process.on("SIGTERM", () => { console.log("bye"); process.exit(5); }); console.log("up"); setInterval(() => {}, 1000)';
  const producer = new ProducerProcess([address, "--", NODE, "-e", script]);
  await receiver.lines(1);
  producer.kill("SIGTERM");
  expect((await producer.finished).status).toBe(5);
  expect(unwrapped(receiver.text)).toEqual(["up", "bye"]);
});

test("a command that can't be started: 127 when it isn't found, 126 when it can't be run", async () => {
  const { address, directory } = await receive();
  const missing = await runProducer([address, "--", "no-such-program-anywhere"]);
  expect(missing.status).toBe(127);
  expect(missing.stderr).toContain("no-such-program-anywhere was not found");
  const file = join(directory, "data");
  writeFileSync(file, "not a program");
  chmodSync(file, 0o600);
  const refused = await runProducer([address, "--", file]);
  expect(refused.status).toBe(126);
  expect(refused.stderr).toContain("PROGRAM_NOT_STARTED");
});

test("a command gets the standard input, and its options are its own", async () => {
  const { receiver, address } = await receive();
  expect(await runProducer([address, "--", "sort", "--reverse"], "a\nb\n")).toMatchObject({ status: 0 });
  expect(unwrapped(receiver.text)).toEqual(["b", "a"]);
});

test("text lines of a command are wrapped with where they come from; JSON objects and blank lines stay as they are", async () => {
  const { receiver, address } = await receive();
  const script =
    'echo text; echo; echo \'{"json": "object"}\'; printf "r\\r\\n"; echo "problem" >&2; echo "[1]"; echo $$';
  const finished = await runProducer([address, "--", "/bin/sh", "-c", script]);
  expect(finished.status).toBe(0);
  expect(summaryOf(finished).sent).toBe(7);
  const lines = receiver.text.split("\n").slice(0, -1);
  const untouched = lines.filter((line) => !line.startsWith('{"_raw"'));
  expect(untouched).toEqual(["", '{"json": "object"}']);
  const wrapped = lines.filter((line) => line.startsWith('{"_raw"')).map((line) => JSON.parse(line));
  const pid = Number(wrapped.find(({ _raw }) => /^\d+$/.test(_raw))._raw);
  const of = (stream: string): unknown[] => wrapped.filter((line) => line.stream === stream);
  const common = { source: "sh", pid, time: expect.any(String) };
  expect(of("stdout")).toEqual(
    ["text", "r", "[1]", String(pid)].map((_raw) => ({ _raw, ...common, stream: "stdout" })),
  );
  expect(of("stderr")).toEqual([{ _raw: "problem", ...common, stream: "stderr" }]);
  for (const { time } of wrapped) expect(new Date(time).toISOString()).toBe(time);
});

test("--id names the source of a command's text lines", async () => {
  const { receiver, address } = await receive();
  await runProducer([address, "--id", "web\u009b1", "--", "echo", "hello"]);
  expect(JSON.parse(receiver.text)).toMatchObject({ _raw: "hello", source: "web\u009b1", stream: "stdout" });
  // It can't act on the terminal of whoever looks at the file.
  expect(receiver.text).toMatch(/^[ -~]*\n$/);
});

test("a command's text line that is too long to be wrapped is sent as it is", async () => {
  const path = join(temporaryDirectory(), "fifo");
  execFileSync("mkfifo", [path]);
  const receiver = await MessageReceiver.start("fifo", path);
  const most = "m".repeat(4095);
  const finished = await runProducer([`fifo=${path}`, "--", "printf", `a\\n${most}\\nb\\n`]);
  await receiver.lines(3);
  expect(finished.status).toBe(0);
  const [first = "", second, third = ""] = receiver.text.split("\n");
  expect(second).toBe(most);
  expect([JSON.parse(first)._raw, JSON.parse(third)._raw]).toEqual(["a", "b"]);
});

test("--tee passes on what a command writes, byte for byte, and prints its summary on stderr", async () => {
  const { receiver, address } = await receive();
  const file = join(temporaryDirectory(), "odd");
  writeFileSync(file, 'zoë\r\n\n{"a":1}\nno end');
  const producer = new ProducerProcess([address, "--tee", "--", "sh", "-c", `cat ${file}; echo problem >&2`]);
  const finished = await producer.finished;
  expect(finished.status).toBe(0);
  expect(finished.stdout).toBe('zoë\r\n\n{"a":1}\nno end');
  expect(finished.stderr.split("\n")).toEqual(["problem", expect.stringContaining('{"event":"done"')]);
  expect(receiver.text).toContain('{"a":1}\n');
});

test.each([
  ["printf out 2>&1", "2>&1", 'out\n{"event":"done"'],
  ["echo out 2>&1", "2>&1", 'out\n{"event":"done"'],
  ["printf problem >&2", "2>&1 >/dev/null", 'problem\n{"event":"done"'],
  ["printf out", "3>&1 >/dev/null 2>&3", '{"event":"done"'],
])("--tee: the summary begins a line after %s, with %s", async (script, redirections, beginning) => {
  const { address, directory } = await receive();
  const words = ["-c", `exec "$0" "$1" "$2" --tee -- sh -c '${script}' ${redirections}`, NODE, PRODUCER, address];
  const child = spawn("sh", words, { cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  const written = await text(child.stdout);
  expect(written.slice(0, beginning.length)).toBe(beginning);
});

test("--tee: a reader that goes away costs no line", async () => {
  const { receiver, address } = await receive();
  const producer = new ProducerProcess([address, "--tee", "--", "seq", "100000"]);
  producer.stdout.destroy();
  const { status, stderr } = await producer.finished;
  expect(status).toBe(0);
  expect(JSON.parse(stderr)).toMatchObject({ event: "done", sent: 100_000 });
  expect(unwrapped(receiver.text)).toEqual(Array.from({ length: 100_000 }, (_, i) => String(i + 1)));
});

test("--tee: a reader that is slow makes the command wait, in little memory", async () => {
  const { receiver, address } = await receive();
  const producer = new ProducerProcess([address, "--tee", "--", "seq", "300000"]);
  producer.stdout.pause();
  await receiver.lines(1);
  await producer.blocked();
  // The command's output fills the pipes, and it is far from its end.
  expect(unwrapped(receiver.text.slice(0, receiver.text.lastIndexOf("\n") + 1)).length).toBeLessThan(200_000);
  producer.stdout.resume();
  const { status, stdout } = await producer.finished;
  expect(status).toBe(0);
  expect(stdout.split("\n")).toHaveLength(300_001);
  expect(unwrapped(receiver.text)).toHaveLength(300_000);
});
