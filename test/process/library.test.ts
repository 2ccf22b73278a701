import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
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

/** An empty project in which the packed package is installed. */
let consumer = "";

beforeAll(() => {
  consumer = mkdtempSync("/tmp/log-lib-");
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", consumer, projectFile(".")],
    { encoding: "utf8" },
  );
  const installed = `${consumer}/node_modules/log-aggregator`;
  mkdirSync(`${consumer}/node_modules/@types`, { recursive: true });
  mkdirSync(installed);
  execFileSync("tar", ["-xzf", `${consumer}/${packed.trim()}`, "--strip-components=1", "-C", installed]);
  // What npm would install beside it, and nothing else: koffi with its prebuilt parts, and the types that the page asks for.
  for (const name of ["koffi", "@koromix", "@types/node", "undici-types"]) {
    symlinkSync(projectFile(`node_modules/${name}`), `${consumer}/node_modules/${name}`);
  }
  writeFileSync(`${consumer}/package.json`, '{"type":"module"}');
  for (const { name, source } of examples) {
    writeFileSync(`${consumer}/${name}.ts`, source.replaceAll("/tmp/", `${consumer}/`));
  }
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

function compile(module: string, moduleResolution: string, ...options: readonly string[]): string {
  const files = examples.map(({ name }) => `${name}.ts`);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--types", "node"];
  const { stdout } = spawnSync(
    projectFile("node_modules/.bin/tsc"),
    [...files, "--module", module, "--moduleResolution", moduleResolution, "--target", "es2022", ...strict, ...options],
    { cwd: consumer, encoding: "utf8" },
  );
  return stdout;
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
