import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Who may import what, in folders that are there and in such as may be added tomorrow. */
const ALLOWED: readonly (readonly [file: string, ...imports: string[]])[] = [
  ["src/core/a.ts", "./b.ts"],
  ["src/os/a.ts", "./b.ts", "../core/b.ts", "node:fs", "koffi"],
  ["src/framing/a.ts", "./b.ts", "../core/b.ts", "node:buffer"],
  ["src/records/wasm/a.ts", "../b.ts", "../../core/b.ts"],
  ["src/sink/a.ts", "../core/b.ts", "../os/b.ts", "node:fs/promises"],
  ["src/addresses/a.ts", "../core/b.ts", "../os/b.ts"],
  ["src/tomorrow/a.ts", "./b.ts", "./deep/b.ts", "../core/b.ts", "../os/b.ts", "node:fs"],
  ["src/tomorrow/deep/a.ts", "./b.ts", "../b.ts", "../other/b.ts", "../../core/b.ts", "../../os/b.ts"],
  ["src/transports/registry.ts", "./fifo/b.ts", "./transport.ts", "../core/b.ts"],
  ["src/transports/shared/a.ts", "./b.ts", "../transport.ts", "../../core/b.ts", "../../os/b.ts", "node:net"],
  ["src/transports/sixth/a.ts", "./b.ts", "../transport.ts", "../shared/b.ts", "../../core/b.ts", "../../os/b.ts"],
  ["src/metrics/a.ts", "./b.ts", "../core/b.ts", "../os/b.ts", "node:http", "prom-client"],
  ["src/acks/a.ts", "../transports/b.ts", "../framing/b.ts", "../core/b.ts", "node:buffer"],
  ["src/aggregator/a.ts", "../acks/b.ts", "../sink/b.ts", "../tomorrow/b.ts", "../os/b.ts", "pino"],
  ["src/lab/trace/a.ts", "../b.ts", "../../addresses/b.ts", "../../os/b.ts", "ndjson"],
  ["src/checkpoint/a.ts", "./b.ts", "../core/b.ts", "../os/b.ts", "node:fs"],
  ["src/forwarder/engines/sixth/a.ts", "../b.ts", "../../b.ts", "../../../checkpoint/b.ts", "@scope/b"],
  ["src/cli/producer/a.ts", "../b.ts", "../../producer/b.ts", "../../transports/b.ts", "commander", "pino"],
  ["src/index.ts", "./aggregator/b.ts", "./producer/b.ts", "./lab/b.ts", "./core/b.ts"],
  ["src/pino/a.ts", "./b.ts", "../producer/destination/b.ts", "../core/b.ts", "node:fs", "pino-abstract-transport"],
  ["bin/a.ts", "../src/cli/b.ts"],
];

const REFUSED: typeof ALLOWED = [
  ["src/core/a.ts", "../os/b.ts", "node:fs", "pino"],
  ["src/os/a.ts", "../sink/b.ts", "../tomorrow/b.ts", "../cli/b.ts", "commander"],
  ["src/framing/a.ts", "../records/b.ts", "../transports/b.ts", "../os/b.ts", "node:fs", "node:timers/promises"],
  ["src/records/wasm/a.ts", "../../framing/b.ts", "../../os/b.ts", "node:net"],
  ["src/sink/a.ts", "../framing/b.ts", "../tomorrow/b.ts", "../aggregator/b.ts", "../cli/b.ts", "koffi"],
  ["src/addresses/a.ts", "../transports/b.ts", "../cli/b.ts"],
  ["src/tomorrow/a.ts", "../sink/b.ts", "../transports/b.ts", "../lab/b.ts", "koffi", "commander", "@scope/b"],
  ["src/tomorrow/deep/a.ts", "../../sink/b.ts", "../../tomorrows-neighbour/b.ts", "koffi"],
  ["src/transports/shared/a.ts", "../unixsock/b.ts", "../sixth/b.ts", "../registry.ts", "../../framing/b.ts", "koffi"],
  ["src/transports/sixth/a.ts", "../unixsock/b.ts", "../seventh/b.ts", "../registry.ts", "../../sink/b.ts", "pino"],
  ["src/metrics/a.ts", "../sink/b.ts", "../aggregator/b.ts", "../cli/b.ts", "koffi", "pino"],
  ["src/acks/a.ts", "../aggregator/b.ts", "../producer/b.ts", "../cli/b.ts"],
  ["src/aggregator/a.ts", "../producer/b.ts", "../lab/b.ts", "../cli/b.ts", "koffi", "commander"],
  ["src/producer/a.ts", "../aggregator/b.ts", "../cli/b.ts"],
  ["src/lab/trace/a.ts", "../../cli/b.ts", "../../forwarder/b.ts", "koffi"],
  ["src/checkpoint/a.ts", "../sink/b.ts", "../forwarder/b.ts", "../cli/b.ts", "@scope/b"],
  ["src/forwarder/engines/sixth/a.ts", "../../../aggregator/b.ts", "../../../cli/b.ts", "koffi", "commander"],
  ["src/cli/producer/a.ts", "koffi"],
  ["src/index.ts", "./cli/b.ts", "commander", "koffi", "node:process"],
  ["src/pino/a.ts", "../cli/b.ts", "../aggregator/b.ts", "../transports/b.ts", "../os/b.ts", "koffi", "pino"],
  ["bin/a.ts", "../src/aggregator/b.ts", "../src/core/b.ts", "pino"],
];

/** Lints one file for each list, and returns what of it the linter refuses. */
function refusals(files: typeof ALLOWED): typeof ALLOWED {
  const directory = temporaryDirectory();
  copyFileSync(projectFile("biome.json"), join(directory, "biome.json"));
  for (const [file, ...imports] of files) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), imports.map((path) => `import "${path}";\n`).join(""));
  }
  const only = ["lint", "--only=style/noRestrictedImports", "--vcs-enabled=false", "--max-diagnostics=none"];
  const { stdout } = spawnSync(projectFile("node_modules/.bin/biome"), [...only, "--reporter=github"], {
    cwd: directory,
    encoding: "utf8",
  });
  const lines = [...stdout.matchAll(/file=([^,]+),line=(\d+),/g)].map(([, file = "", line]) => `${file} ${line}`);
  return files.map(([file, ...imports]) => [
    file,
    ...imports.filter((_, i) => lines.includes(`${join(directory, file)} ${i + 1}`)),
  ]);
}

test("imports that the layers allow pass the linter, in new folders too", () => {
  const control = ["src/core/control.ts", "../os/b.ts"] as const;
  expect(refusals([...ALLOWED, control])).toEqual([...ALLOWED.map(([file]) => [file]), control]);
});

test("imports across or against the layers are refused, in new folders too", () => {
  expect(refusals(REFUSED)).toEqual(REFUSED);
});
