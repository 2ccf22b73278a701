import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPipe } from "../support/pipe.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const HINT = "did you mean --stdin?";

/** A producer with that standard input, which is closed here. @returns what it says on stderr */
function produce(stdin: number, ...args: string[]): { stderr: Promise<string>; stop(): void } {
  const child = spawn(process.execPath, [PRODUCER, ...args], { stdio: [stdin, "ignore", "pipe"] });
  closeSync(stdin);
  onTestFinished(() => void child.kill("SIGKILL"));
  const stderr = child.stderr === null ? Promise.resolve("") : text(child.stderr);
  return { stderr, stop: () => void child.kill("SIGTERM") };
}

/** A producer that ends at once, because it finds no aggregator. */
function produceNothing(stdin: number, ...args: string[]): Promise<string> {
  return produce(stdin, `unixsock=${join(temporaryDirectory(), "none")}`, "--wait", "0", ...args).stderr;
}

function pipeWith(input: string): number {
  const { reader, writer } = openPipe();
  writeSync(writer, input);
  closeSync(writer);
  return reader;
}

function fileWith(input: string): number {
  const path = join(temporaryDirectory(), "file");
  writeFileSync(path, input);
  return openSync(path, "r");
}

describe("a producer that generates lines while there is input asks whether --stdin was meant:", () => {
  test.each([
    ["a pipe", () => pipeWith("1\n2\n")],
    ["a file", () => fileWith("1\n2\n")],
  ])("%s", async (_, open) => {
    expect((await produceNothing(open())).split(HINT)).toHaveLength(2);
  });

  test("a pipe whose writer begins late, at the end of the run", async () => {
    const path = join(temporaryDirectory(), "s");
    const receiver = await StreamReceiver.listen({ path });
    const { reader, writer } = openPipe();
    const producer = produce(reader, `unixsock=${path}`);
    await receiver.lines(1);
    writeSync(writer, "late\n");
    producer.stop();
    expect((await producer.stderr).split(HINT)).toHaveLength(2);
    closeSync(writer);
  });
});

describe("it doesn't ask, and doesn't wait, with", () => {
  test.each<[string, () => number, ...string[]]>([
    ["/dev/null", () => openSync("/dev/null", "r")],
    ["an empty pipe", () => pipeWith("")],
    ["an empty file", () => fileWith("")],
    ["a pipe and --stdin", () => pipeWith("1\n"), "--stdin"],
    ["a pipe and --count", () => pipeWith("1\n"), "--count", "2"],
    ["a pipe and a size", () => pipeWith("1\n"), "20"],
    ["a pipe and a command", () => pipeWith("1\n"), "--", "true"],
  ])("%s", async (_, open, ...args) => {
    const stderr = await produceNothing(open(), ...args);
    expect(stderr).not.toContain(HINT);
    expect(stderr).toContain("LISTENER_UNREACHABLE");
  });

  test("a pipe in which nobody has written yet", async () => {
    const { reader, writer } = openPipe();
    expect(await produceNothing(reader)).not.toContain(HINT);
    closeSync(writer);
  });
});
