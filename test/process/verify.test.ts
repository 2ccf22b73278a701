import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { logFile, producerLine, producerLines, repeatedFile } from "../support/log-files.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runVerify, startVerify } from "../support/verify-command.ts";

const PRODUCER = fileURLToPath(new URL("../../dist/bin/producer.js", import.meta.url));
const UNDETECTED =
  "Missing last lines and missing producers can't be detected from the lines alone; --expect or --against can.";

/** Runs an aggregator, then producers one after the other; returns the output and a file of what each producer printed. */
async function collect(
  producers: readonly (readonly string[])[],
  options: readonly string[] = [],
): Promise<{ output: string; done: string[] }> {
  const directory = temporaryDirectory();
  const output = join(directory, "app.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  const aggregator = RunningProgram.aggregator([endpoint, "-o", output, "--log-level", "warn", ...options]);
  await aggregator.event("listening");
  const done: string[] = [];
  for (const args of producers) {
    const producer = new RunningProgram(process.execPath, [PRODUCER, endpoint, ...args]);
    expect(await producer.ended).toBe(0);
    done.push(logFile(producer.lines.map((line) => `${JSON.stringify(line)}\n`).join(""), "done.jsonl"));
  }
  aggregator.child.kill("SIGTERM");
  expect(await aggregator.ended).toBe(0);
  return { output, done };
}

/** What the process has open now; nothing once it has ended. */
function openFiles(pid: number): string[] {
  const fds = `/proc/${pid}/fd`;
  return existsSync(fds) ? readdirSync(fds).map((fd) => tryReadlink(join(fds, fd))) : [];
}

function tryReadlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

/** Takes the file's last line away. */
function dropLastLine(path: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, [...lines.slice(0, -2), ""].join("\n"));
}

describe("what verify claims", () => {
  const flood = ["--rate", "max", "-n", "1000"];

  test("is complete only when somebody says how many lines there are", async () => {
    const { output, done } = await collect(["web-1", "web-2", "web-1"].map((id) => [...flood, "--id", id]));
    const plain = await runVerify([output]);
    expect([plain.status, ...plain.lines.slice(-3)]).toEqual([
      0,
      "3000 lines, 0 of other programs, 0 not JSON",
      "intact: no gap, duplicate, reordered or torn line",
      UNDETECTED,
    ]);
    const complete = "complete: all lines are here, once and in order";
    const expected = await runVerify([output, "--expect", "lines=3000,producers=2"]);
    expect([expected.status, expected.lines.at(-1)]).toEqual([0, complete]);
    const against = await runVerify([output, "--against", ...done]);
    expect([against.status, against.lines.at(-1)]).toEqual([0, complete]);
  });

  test("a missing last line is found by --expect and by --against, and by nothing else", async () => {
    const { output, done } = await collect([[...flood, "--id", "web-1"]]);
    dropLastLine(output);
    const plain = await runVerify([output]);
    expect([plain.status, plain.lines.at(-1)]).toEqual([0, UNDETECTED]);
    const expected = await runVerify([output, "--expect", "lines=1000"]);
    expect([expected.status, expected.lines.at(-1)]).toEqual([3, "NOT whole: 1 line fewer than expected"]);
    const against = await runVerify([output, "--against", ...done]);
    expect([against.status, ...against.lines.slice(-4)]).toEqual([
      3,
      "  missing: 999",
      "  its done event: 1000 sent; 1 of these are not here; 0 not sent or in doubt",
      "999 lines, 0 of other programs, 0 not JSON",
      "NOT whole: 1 counted as sent and not here",
    ]);
  });

  test("a missing producer is found by its done event", async () => {
    const { output, done } = await collect([[...flood, "--id", "web-1"]]);
    writeFileSync(output, "");
    const { status, lines } = await runVerify([output, "--against", ...done]);
    expect([status, lines.at(-1)]).toEqual([3, "NOT whole: 1000 counted as sent and not here"]);
  });

  test("lines without numbers are not compared, and not called complete", async () => {
    const { output, done } = await collect([
      [...flood, "--plain"],
      [...flood, "--id", "web-1"],
    ]);
    const { status, lines } = await runVerify([output, "--against", ...done]);
    expect([status, lines.at(-1)]).toEqual([
      3,
      "undecided, because not everything could be judged: 1 done event of producers whose lines carry no numbers",
    ]);
  });

  test.each([
    ["an empty file", "", "0 lines"],
    ["lines of other programs", '{"a":1}\n', "1 line"],
  ])("%s is not whole", async (_what, content, counted) => {
    const { status, lines } = await runVerify([logFile(content)]);
    expect(status).toBe(3);
    expect(lines).toEqual([expect.stringContaining(counted), "nothing to judge: no line of a producer is here"]);
  });

  test("what is wrong with the arguments or the files is said in one line", async () => {
    const path = logFile(producerLines("a", 3));
    for (const what of ["lines", "lines=-1", "lines=3,gaps=0", "lines=3;producers=1", "lines=1e9", ""]) {
      expect(await runVerify([path, "--expect", what])).toMatchObject({ status: 2, stdout: "" });
    }
    expect(await runVerify([path, "--max-producers", "1000000000"])).toMatchObject({ status: 2, stdout: "" });
    const fifo = join(dirname(path), "fifo");
    execFileSync("mkfifo", [fifo]);
    for (const [input, fact] of [
      [dirname(path), "is a directory"],
      [fifo, "is a FIFO"],
      [`${path}x`, "doesn't exist"],
    ] as const) {
      const { status, stdout, stderr } = await runVerify([path, input]);
      expect([status, stdout]).toEqual([1, ""]);
      expect(JSON.parse(stderr)).toMatchObject({
        code: "INPUT_UNREADABLE",
        msg: expect.stringContaining(`${input} ${fact}`),
      });
    }
    const notJson = await runVerify([path, "--against", path]);
    expect([notJson.status, JSON.parse(notJson.stderr).msg]).toEqual([1, expect.stringContaining("has no done event")]);
  });
});

describe("a rotated output", () => {
  test("is read whole, in order, from its name alone", async () => {
    const rotation = ["--rotate-size", "50000", "--rotate-compress", "gzip"];
    const { output, done } = await collect([["-n", "3000", "--rate", "50000", "--id", "web-1"]], rotation);
    const rotated = readdirSync(dirname(output)).filter((name) => name.startsWith("app.jsonl."));
    expect(rotated.length).toBeGreaterThan(3);
    const { status, lines } = await runVerify([output, "--against", ...done]);
    expect([status, lines[0]]).toEqual([
      0,
      expect.stringMatching(/^\d+ files, from .*app\.jsonl\.2.* to .*app\.jsonl$/),
    ]);
    expect(lines.at(-1)).toBe("complete: all lines are here, once and in order");
    const alone = await runVerify([join(dirname(output), rotated.sort()[1] ?? "")]);
    expect([alone.status, alone.lines.at(-1)]).toEqual([3, expect.stringMatching(/^NOT whole: \d+ missing$/)]);
  });

  test("is refused when it is rotated again while it is read, instead of being called incomplete", async () => {
    const oldest = await repeatedFile(
      Buffer.from(producerLines("b", 1).repeat(8000)),
      100,
      "app.jsonl.20261123T040000000Z.gz",
    );
    const output = join(dirname(oldest), "app.jsonl");
    writeFileSync(output, producerLine("a", 0));
    const { pid, ended } = startVerify([output]);
    while (!openFiles(pid).includes(oldest)) await new Promise((resolve) => setImmediate(resolve));
    renameSync(output, `${output}.20261123T040000001Z`);
    writeFileSync(output, producerLine("a", 1));
    const { status, stdout, stderr } = await ended;
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${output} was rotated while it was read; run this again`);
  });

  test("several files are read as they are given, and nothing else", async () => {
    const path = logFile(producerLine("a", 1));
    writeFileSync(`${path}.20261123T040000000Z`, producerLine("a", 0));
    expect(await runVerify([path])).toMatchObject({ status: 0 });
    expect((await runVerify([path, "--no-rotated"])).lines.at(-1)).toBe("NOT whole: 1 missing");
    expect(await runVerify([`${path}.20261123T040000000Z`, path])).toMatchObject({ status: 0 });
    const wrongOrder = await runVerify([path, `${path}.20261123T040000000Z`]);
    expect([wrongOrder.status, wrongOrder.lines.at(-1)]).toEqual([3, "NOT whole: 1 reordered"]);
  });
});
