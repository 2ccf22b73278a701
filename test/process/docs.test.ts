import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import {
  differences,
  PAGES,
  parseSample,
  readPage,
  type Sample,
  samplesOf,
  withoutFigures,
} from "../support/doc-samples.ts";
import { ProducerProcess } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Makes a directory in which the documents' commands can be run as they are typed. @returns its PATH */
function installCommands(directory: string): string {
  mkdirSync(`${directory}/bin`);
  const install = (name: string, words: string): void =>
    writeFileSync(`${directory}/bin/${name}`, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  install("npx", "");
  for (const name of ["aggregator", "producer", "forwarder", "ipc-lab"])
    install(name, `${process.execPath} ${projectFile(`dist/bin/${name}.js`)}`);
  return `${directory}/bin:${process.env["PATH"]}`;
}

/**
 * Runs a command and returns the lines that it prints on stdout, or else the messages on stderr. Paths below /tmp are in the
 * directory instead, and a port is free. It is stopped when it has printed the sample's last "listening" event.
 */
async function run({ command, output }: Sample, directory: string, path: string): Promise<string[]> {
  const moved = command.replaceAll("/tmp/", `${directory}/`).replaceAll(":9000", ":0");
  const env = { PATH: path, XDG_RUNTIME_DIR: directory };
  const child = spawn("sh", ["-c", `exec ${moved}`], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const diagnostics = text(child.stderr);
  const printed: string[] = [];
  const isListening = (line: string): boolean => line.startsWith('{"event":"listening"');
  const listeners = output.filter(isListening).length;
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line.replaceAll(`${directory}/`, "/tmp/"));
    if (isListening(line) && printed.filter(isListening).length === listeners) child.kill("SIGTERM");
  }
  await ended;
  if (printed.length > 0) return printed;
  const messages = (await diagnostics).trimEnd().split("\n");
  return messages.map((line) => String(JSON.parse(line).msg).replaceAll(`${directory}/`, "/tmp/"));
}

const samples = PAGES.flatMap(samplesOf);

test("the documents have samples", () => {
  expect(samples.length).toBeGreaterThan(5);
});

test.each(samples)("$page: $command", async (sample) => {
  const directory = temporaryDirectory();
  const path = installCommands(directory);
  if (!/^(npx )?aggregator/.test(sample.command)) {
    const aggregator = await AggregatorProcess.start(["unixsock"], { cwd: directory });
    const { address } = aggregator.listening[0] ?? {};
    await new ProducerProcess([`unixsock=${address}`, "20", "-n", "2", "-i", "1ms"]).finished;
    if (!sample.command.includes("producer")) await aggregator.stop();
  }
  const printed = await run(sample, directory, path);
  if (sample.output[0]?.startsWith("{")) {
    expect(printed.map(eventOf)).toEqual(sample.output.map(eventOf));
    const found = sample.output.flatMap((line, at) => differences(parseSample(line), JSON.parse(printed[at] ?? "{}")));
    expect(found).toEqual([]);
  } else expect(withoutFigures(printed)).toEqual(withoutFigures(sample.output));
});

function eventOf(line: string): string | undefined {
  return /^\{"event":"(\w+)"/.exec(line)?.[1];
}

test.each([
  ["aggregator", ["--help"]],
  ["producer", ["--help"]],
  ["forwarder", ["--help"]],
  ["forwarder check", ["check", "--help"]],
  ["forwarder status", ["status", "--help"]],
  ["forwarder read", ["read", "--help"]],
  ["forwarder audit", ["audit", "--help"]],
  ["ipc-lab demo", ["demo", "--help"]],
  ["ipc-lab verify", ["verify", "--help"]],
])("docs/commands.md lists the options of %s", (name, args) => {
  const [program = "", part = program] = name.split(" ");
  const { stdout } = spawnSync(process.execPath, [projectFile(`dist/bin/${program}.js`), ...args], {
    encoding: "utf8",
  });
  const own = stdout.split("\nGlobal Options:")[0] ?? "";
  const offered = [...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
  const section =
    readPage("docs/commands.md")
      .split(/^#+ /m)
      .find((text) => text.startsWith(`${part}\n`)) ?? "";
  const cells = [...section.matchAll(/^\| (`-.*?) \|/gm)].map(([, cell]) => cell).join();
  const listed = [...cells.matchAll(/--[\w-]+/g)].map(([option]) => option);
  expect(listed.toSorted()).toEqual(offered.toSorted());
});
