import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  AGGREGATOR,
  AggregatorProcess,
  diagnostic,
  runAggregator,
  runUnprivileged,
} from "../support/aggregator-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const OUTPUT = "aggregated_logs.jsonl";

/** Runs an aggregator that is sent one line. */
async function storeLine(cwd: string, line: string, ...args: string[]): Promise<void> {
  const aggregator = await AggregatorProcess.start(["unixsock", ...args], { cwd });
  openRawSender(aggregator.endpoint("unixsock"), "stream").write(`${line}\n`);
  expect((await aggregator.stop()).status).toBe(0);
}

describe("the output", () => {
  test("is appended to, run after run, and what was there before stays", async () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, OUTPUT), '{"before":true}\n');
    await storeLine(cwd, '{"run":1}');
    await storeLine(cwd, '{"run":2}');
    expect(readFileSync(join(cwd, OUTPUT), "utf8")).toBe('{"before":true}\n{"run":1}\n{"run":2}\n');
  });

  test("is made for its owner alone, or with --mode", async () => {
    const cwd = temporaryDirectory();
    await storeLine(cwd, "{}");
    await storeLine(cwd, "{}", "-o", "shared.jsonl", "--mode", "0644");
    expect(statSync(join(cwd, OUTPUT)).mode & 0o777).toBe(0o600);
    expect(statSync(join(cwd, "shared.jsonl")).mode & 0o777).toBe(0o644);
  });

  test("may be anywhere: -o, --output", async () => {
    const cwd = temporaryDirectory();
    const elsewhere = join(temporaryDirectory(), "app.jsonl");
    await storeLine(cwd, "{}", "--output", elsewhere);
    expect(readFileSync(elsewhere, "utf8")).toBe("{}\n");
    expect(existsSync(join(cwd, OUTPUT))).toBe(false);
  });

  test("is written while lines come, not only at the end", async () => {
    const aggregator = await AggregatorProcess.start(["unixsock"]);
    const shown = appears(join(aggregator.cwd, OUTPUT), '{"now":true}');
    openRawSender(aggregator.endpoint("unixsock"), "stream").write('{"now":true}\n');
    await shown;
    await aggregator.stop();
  });

  test("that reaches the limit of a file's size says how to raise it", async () => {
    const limited = `ulimit -f 1; exec "$0" "$@"`;
    const aggregator = new RunningProgram("sh", [
      ...["-c", limited, process.execPath, AGGREGATOR, `unixsock=${join(temporaryDirectory(), "s")}`],
      ...["-o", join(temporaryDirectory(), OUTPUT), "--on-full", "exit"],
    ]);
    const { address } = await aggregator.event("listening");
    openRawSender({ transport: "unixsock", path: String(address) }, "stream").write(`"${"x".repeat(5000)}"\n`);
    expect(await aggregator.ended).toBe(1);
    const remedy = "raise the limit of a file's size (ulimit -f, prlimit --fsize), or rotate smaller files";
    expect(aggregator.stderr).toContain(
      `the output refuses lines (EFBIG); senders wait, nothing is dropped; ${remedy}`,
    );
    expect(aggregator.stderr).toContain(`refuses lines (EFBIG), and --on-full is exit; ${remedy}`);
  });

  test("that a crash left with a torn line is repaired, and the torn bytes are kept in another file", async () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, OUTPUT), '{"whole":1}\n{"torn":');
    const aggregator = await AggregatorProcess.start(["unixsock"], { cwd });
    const { msg } = diagnostic(aggregator, "warn");
    const [, movedTo = ""] = /cut short \(8 bytes\) and moved to (\S+)$/.exec(msg) ?? [];
    expect(readFileSync(join(cwd, movedTo), "utf8")).toBe('{"torn":');
    openRawSender(aggregator.endpoint("unixsock"), "stream").write('{"next":2}\n');
    await aggregator.stop();
    expect(aggregator.stored()).toBe('{"whole":1}\n{"next":2}\n');
  });
});

describe("an output that is replaced while lines come", () => {
  test.each<["SIGHUP" | "no signal"]>([["SIGHUP"], ["no signal"]])(
    "by a file whose last line has no end gets its own lines behind a whole one (%s)",
    async (signal) => {
      const aggregator = await AggregatorProcess.start(["unixsock"]);
      const sender = openRawSender(aggregator.endpoint("unixsock"), "stream");
      const replacement = join(aggregator.cwd, "new");
      writeFileSync(replacement, '{"whole":1}\n{"edited":true}');
      renameSync(replacement, join(aggregator.cwd, OUTPUT));
      if (signal === "SIGHUP") aggregator.kill(signal);
      await aggregator.until(() => aggregator.stderr.includes("a new one is open"), "to notice the new file");
      sender.write('{"n":2}\n');
      expect((await aggregator.stop()).status).toBe(0);
      expect(aggregator.stored()).toBe('{"whole":1}\n{"n":2}\n');
      const [, torn = ""] = /moved to ([^"]+)"/.exec(aggregator.stderr) ?? [];
      expect(readFileSync(join(aggregator.cwd, torn), "utf8")).toBe('{"edited":true}');
    },
  );
});

describe("an output that can't be is refused before anything listens:", () => {
  const refuse = async (cwd: string, output: string, code: string): Promise<string> => {
    const ended = await runAggregator(["unixsock", "-o", output], { cwd });
    expect(ended).toMatchObject({ status: 1, stdout: "" });
    const found = diagnostic(ended, "error");
    expect(found.code).toBe(code);
    expect(existsSync(join(cwd, "log-aggregator", "unixsock.sock"))).toBe(false);
    return found.msg;
  };

  test("a symbolic link", async () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, "target"), "mine\n");
    symlinkSync(join(cwd, "target"), join(cwd, "link"));
    await refuse(cwd, "link", "OUTPUT_NOT_A_FILE");
    expect(readFileSync(join(cwd, "target"), "utf8")).toBe("mine\n");
  });

  test("a directory", async () => {
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, "directory"));
    await refuse(cwd, "directory", "OUTPUT_NOT_A_FILE");
  });

  test("a FIFO", async () => {
    const cwd = temporaryDirectory();
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    await refuse(cwd, "pipe", "OUTPUT_NOT_A_FILE");
  });

  test("a device", async () => void (await refuse(temporaryDirectory(), "/dev/full", "OUTPUT_NOT_A_FILE")));

  test("a file in a missing directory", async () => {
    expect(await refuse(temporaryDirectory(), "missing/out.jsonl", "OUTPUT_UNWRITABLE")).toContain(
      "make its directory",
    );
  });

  test("a file whose name the system rejects without saying whether it exists", async () => {
    expect(await refuse(temporaryDirectory(), "n".repeat(300), "OUTPUT_UNWRITABLE")).toContain("(ENAMETOOLONG)");
  });

  test("a file in a directory that may not be searched", async () => {
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, "closed"), { mode: 0 });
    const { status, stderr } = runUnprivileged(["unixsock=./s", "-o", "closed/x.jsonl"], cwd);
    expect(diagnostic({ stderr }, "error")).toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      msg: "closed/x.jsonl can't be opened for appending (EACCES); fix that or pass another --output",
    });
    expect(status).toBe(1);
  });

  test("the file of another aggregator, which keeps running", async () => {
    const first = await AggregatorProcess.start(["unixsock=./first.sock"]);
    const msg = await refuse(first.cwd, OUTPUT, "OUTPUT_IN_USE");
    expect(msg).toBe(
      `${OUTPUT} is locked by pid ${first.pid} (uid ${process.geteuid?.()}); stop it or pass another --output`,
    );
    openRawSender({ transport: "unixsock", path: join(first.cwd, "first.sock") }, "stream").write("{}\n");
    expect((await first.stop()).ledger).toMatchObject({ stored: 1 });
  });
});

/** Resolves when tail has seen the text in the file. */
async function appears(path: string, text: string): Promise<void> {
  const tail = spawn("tail", ["-n", "+1", "-F", path], { stdio: ["ignore", "pipe", "ignore"] });
  let seen = "";
  for await (const chunk of tail.stdout) {
    seen += chunk;
    if (seen.includes(text)) break;
  }
  tail.kill();
}
