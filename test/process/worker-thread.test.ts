import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { builtProgram } from "../support/built-program.ts";
import { asUser, needRoot, STRANGER } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("what a worker thread binds, no other user may use at any moment, whatever the umask", async (context) => {
  needRoot(context);
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  const [socketPath, fifoPath] = [`${directory}/x.sock`, `${directory}/fifo`];
  // Handed over, because a stranger may be unable to read the project.
  const program = readFileSync(projectFile("test/support/python/knock.py"), "utf8");
  const [command, ...args] = asUser(STRANGER, "/usr/bin/python3", "-c", program, socketPath, fifoPath);
  const stranger = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const printed = createInterface({ input: stranger.stdout })[Symbol.asyncIterator]();
  expect((await printed.next()).value).toBe("ready");
  const umask = process.umask(0);
  try {
    const worker = new Worker(builtProgram("binding-worker"), { workerData: { socketPath, fifoPath, rounds: 1000 } });
    const [word] = await once(worker, "message");
    expect(word).toBe("done");
    await worker.terminate();
  } finally {
    process.umask(umask);
    stranger.stdin.end();
  }
  const outcomes = JSON.parse((await printed.next()).value ?? "{}");
  // ECONNREFUSED, between bind(2) and listen(2), would be a permission too.
  expect(Object.keys(outcomes).toSorted()).toEqual(["EACCES", "ENOENT"]);
  expect(outcomes.EACCES).toBeGreaterThan(10);
});
