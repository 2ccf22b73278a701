import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { writeSyntheticResults } from "../support/synthetic-results.ts";
import { Terminal } from "../support/terminal.ts";
import { runLab, type Verified } from "../support/verify-command.ts";

describe("ipc-lab report and advise", () => {
  let folder: string;
  let slower: string;
  const lab = (...args: string[]): Promise<Verified> => runLab(args);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    slower = mkdtempSync(join(tmpdir(), "report-"));
    writeSyntheticResults(folder, { repeats: 5 });
    writeSyntheticResults(slower, { repeats: 5, slower: 2, seed: 2 });
  });
  afterAll(() => {
    for (const path of [folder, slower]) rmSync(path, { recursive: true });
  });

  test("report prints the verdict and writes its files", async () => {
    const { status, stdout } = await lab("report", folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Take \w+: it lost nothing/m);
    expect(stdout.split("\n").filter((line) => [...line].length > 80 && !line.includes(folder))).toEqual([]);
    const files = ["report.csv", "report.html", "report.json", "report.md", "results.jsonl"];
    expect(readdirSync(folder).sort()).toEqual(files);
  });

  test("report is coloured on a terminal and with --color always, and not with NO_COLOR or in a pipe", async () => {
    const tcp = "\u001b[38;5;166mtcp";
    expect((await lab("report", folder)).stdout).not.toContain("\u001b");
    expect((await lab("report", folder, "--color", "always")).stdout).toContain(tcp);
    const words = [process.execPath, projectFile("dist/bin/ipc-lab.js"), "report", folder];
    const shown = await new Terminal(words, 80, { cwd: folder }).ended;
    expect(shown.output).toContain(tcp);
    expect(shown.output).not.toContain("u001b");
    const plain = await new Terminal(words, 80, { cwd: folder, env: { NO_COLOR: "1" } }).ended;
    expect(plain.output).not.toContain(tcp);
  });

  test("a run that is worse than its baseline ends with 1 and says what is worse", async () => {
    const worse = await lab("report", slower, "--baseline", folder, "--fail-if", "p50>+10%");
    expect(worse.status).toBe(1);
    expect(worse.stdout).toMatch(/^worse {2}paced\/10000\/tcp: median latency, ns: .*limit p50>\+10%$/m);
    const same = await lab("report", folder, "--baseline", folder, "--fail-if", "p50>+10%");
    expect(same.status).toBe(0);
    expect(same.stdout).toContain("0 worse than allowed");
  });

  test("wrong usage ends with 2", async () => {
    expect((await lab("report", folder, "--baseline", folder)).status).toBe(2);
    expect((await lab("report", folder, "--baseline", folder, "--fail-if", "p98>+1%")).status).toBe(2);
    expect((await lab("advise", folder)).status).toBe(2);
  });

  test("a folder without results, or with other claims, is an error with a remedy", async () => {
    const empty = mkdtempSync(join(tmpdir(), "report-"));
    expect(await lab("report", empty)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("INPUT_UNREADABLE"),
    });
    writeSyntheticResults(empty);
    writeFileSync(join(empty, "claims.jsonl"), "{}\n");
    expect(await lab("report", empty)).toMatchObject({ status: 1, stderr: expect.stringContaining("is not a claim") });
    rmSync(empty, { recursive: true });
  });

  test("advise names a transport and the settings to change, or that none fits", async () => {
    const { status, stdout } = await lab("advise", folder, "--rate", "10000", "--size", "200", "--loss", "never");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Take \w+: at 10,000 lines\/s it lost nothing/);
    expect(stdout).toContain("producer --ack");
    const none = await lab(
      "advise",
      folder,
      "--rate",
      "100000",
      "--remote",
      "--size",
      "100000",
      "--loss",
      "rare",
      "--json",
    );
    expect(JSON.parse(none.stdout)).toMatchObject({ fitting: [{ transport: "tcp" }] });
  });
});
