import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { ConsumerProject } from "../support/consumer-project.ts";
import { readPage } from "../support/doc-samples.ts";

/** An example of docs/library.md, and what it prints. */
interface Example {
  readonly name: string;
  readonly source: string;
  readonly output: string;
}

const EXAMPLE = /^<!-- example: (\w+) -->\n```ts\n([\s\S]*?)^```\n\nprints\n\n```\n([\s\S]*?)^```$/gm;
const examples: readonly Example[] = [...readPage("docs/library.md").matchAll(EXAMPLE)].map(
  ([, name = "", source = "", output = ""]) => ({ name, source, output }),
);

let project: ConsumerProject;
let consumer = "";

beforeAll(() => {
  project = new ConsumerProject();
  consumer = project.folder;
  for (const { name, source } of examples) project.write(`${name}.ts`, source.replaceAll("/tmp/", `${consumer}/`));
}, 60_000);

afterAll(() => project.remove());

function compile(module: string, moduleResolution: string, ...options: readonly string[]): string {
  const files = examples.map(({ name }) => `${name}.ts`);
  return project.compile(files, "--module", module, "--moduleResolution", moduleResolution, ...options);
}

test("docs/library.md has examples", () => {
  expect(examples.map(({ name }) => name)).toEqual(["aggregator", "sender", "acknowledged", "verify", "errors"]);
});

describe("from the installed package", () => {
  test.each([
    ["node16", "node16"],
    ["esnext", "bundler"],
  ])("the examples compile as %s with module resolution %s, libraries' types checked", (module, resolution) => {
    expect(compile(module, resolution, "--noEmit")).toBe("");
  });

  test("the types offer nothing that isn't there", () => {
    writeFileSync(
      `${consumer}/wrong.ts`,
      'import { createSender } from "log-aggregator";\nvoid createSender("udp", { waitMS: 1 });\n',
    );
    const { stdout } = spawnSync(
      projectFile("node_modules/.bin/tsc"),
      ["wrong.ts", "--module", "node16", "--target", "es2022", "--noEmit", "--strict"],
      { cwd: consumer, encoding: "utf8" },
    );
    rmSync(`${consumer}/wrong.ts`);
    expect(stdout).toContain("'waitMS' does not exist in type 'SenderOptions'");
  });

  describe("each example prints what the page says", () => {
    beforeAll(() => expect(compile("node16", "node16")).toBe(""));
    beforeEach(() => {
      for (const name of readdirSync(consumer).filter((file) => file.endsWith(".jsonl"))) rmSync(`${consumer}/${name}`);
    });

    test.each(examples)("$name", ({ name, output }) => {
      const environment = { PATH: process.env["PATH"] };
      const ran = spawnSync(process.execPath, [`${name}.js`], { cwd: consumer, env: environment, encoding: "utf8" });
      expect([ran.stderr, ran.stdout]).toEqual(["", output]);
    });

    test.each(examples)("$name, in a worker thread", async ({ name, output }) => {
      const directory = process.cwd();
      process.chdir(consumer);
      const worker = new Worker(`${consumer}/${name}.js`, { stdout: true, stderr: true });
      const printed: string[] = [];
      // Node's warnings come from the process, not from the worker: none may be due to what the worker does.
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on("warning", note);
      onTestFinished(() => void process.off("warning", note));
      for (const stream of [worker.stdout, worker.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => printed.push(text));
      }
      const [status] = await once(worker, "exit").finally(() => process.chdir(directory));
      expect(status).toBe(0);
      expect([printed.join(""), warnings]).toEqual([output, []]);
    });
  });
});
