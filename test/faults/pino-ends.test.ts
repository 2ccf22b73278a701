import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aggregatorAt, LOG, loggingProgram, stored, upTo } from "../support/logging-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** More than a kernel's buffer holds, logged in the last iteration of the event loop. */
const LINES = 20_000;

const ENDS = {
  "process.exit()": { code: "process.exit(4);", status: 4 },
  "an error": { code: 'throw new Error("a bug");', status: 1 },
  "a rejected promise": { code: 'Promise.reject(new Error("a bug"));', status: 1 },
  SIGTERM: { code: 'process.kill(process.pid, "SIGTERM");', status: null },
};

test.each([
  ["unixsock", "process.exit()"],
  ["unixsock", "an error"],
  ["unixsock", "a rejected promise"],
  ["unixsock", "SIGTERM"],
  ["tcp", "process.exit()"],
  ["fifo", "SIGTERM"],
] as const)("over %s, the lines of a program that ends by %s arrive", async (name, how) => {
  const { code, status } = ENDS[how];
  const scene = await aggregatorAt(name);
  // Without something to wait for, a signal would come after the end of the program.
  const program = loggingProgram(`${LOG} process.stdin.resume(); log(${LINES}); ${code}`, scene.to);
  expect(await program.ended).toBe(status);
  expect(program.child.signalCode).toBe(status === null ? "SIGTERM" : null);
  expect(program.stderr.includes("a bug")).toBe(status === 1);
  expect(program.stderr).not.toContain("log-aggregator/pino");
  expect(await stored(scene)).toEqual(upTo(LINES));
});

test("with acknowledgements, process.exit() waits for them", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `${LOG.replace("{ to }", "{ to, ack: true }")} log(20000); process.on("exit", () => print(out.report()));`;
  const program = loggingProgram(`${code} process.exit();`, scene.to);
  expect(await program.line(({ sent }) => sent !== undefined)).toMatchObject({ sent: 20_000, waiting: 0 });
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  expect(await stored(scene)).toEqual(upTo(20_000));
});

test("a program with a listener of its own for SIGTERM decides, and its last lines arrive", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `${LOG} process.stdin.resume();
    process.on("SIGTERM", () => { logger.info({ n: 1 }, "stopping"); setImmediate(() => process.exit(7)); });
    log(1); print({ event: "ready" });`;
  const program = loggingProgram(code, scene.to);
  await program.event("ready");
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(7);
  expect(await stored(scene)).toEqual([0, 1]);
});

test("a listener for SIGTERM that was there before, for one signal, decides too", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `process.stdin.resume();
    process.once("SIGTERM", () => setImmediate(() => setImmediate(() => { log(1); process.exit(7); })));
    ${LOG} print({ event: "ready" });`;
  const program = loggingProgram(code, scene.to);
  await program.event("ready");
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(7);
  expect(await stored(scene)).toEqual([0]);
});

test("what a program logs while it exits arrives", async () => {
  const scene = await aggregatorAt("unixsock");
  const program = loggingProgram(`${LOG} log(1); process.on("exit", () => log(2));`, scene.to);
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  expect(await stored(scene)).toEqual([0, 0, 1]);
});

test("a program that survives SIGTERM, as the first process of a container does, logs on", async (context) => {
  const unshare = ["-Urpf", "--kill-child", process.execPath];
  if (spawnSync("unshare", [...unshare, "--version"]).status !== 0) context.skip("unshare isn't permitted");
  const scene = await aggregatorAt("unixsock");
  const code = `${LOG} process.stdin.resume(); log(1);
    process.kill(process.pid, "SIGTERM");
    setImmediate(() => setImmediate(() => setImmediate(() => { log(2); process.exit(4); })));`;
  const program = loggingProgram(code, scene.to, ["unshare", ...unshare]);
  expect(await program.ended).toBe(4);
  expect(await stored(scene)).toEqual([0, 0, 1]);
});

test("a program without a free descriptor isn't disturbed, and its lines arrive", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `${LOG} log(1); await new Promise((done) => out.flush(done)); print({ event: "ready" });
    for await (const _ of commands()) {
      const open = [];
      try { for (;;) open.push(openSync("/dev/null")); } catch {}
      log(20000);
      setImmediate(() => { print({ event: "logged" }); for (const fd of open) closeSync(fd); out.flush(() => process.exit()); });
    }`;
  const program = loggingProgram(code, scene.to, ["prlimit", "--nofile=200:200", process.execPath]);
  await program.event("ready");
  scene.aggregator.child.kill("SIGSTOP");
  program.child.stdin?.write("\n");
  await program.event("logged");
  scene.aggregator.child.kill("SIGCONT");
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  expect(await stored(scene)).toEqual([0, ...upTo(20_000)]);
});

test("what a program logs about its own crash arrives", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `${LOG}
    process.on("uncaughtException", (error) => { logger.fatal({ n: 1 }, error.message); process.exit(9); });
    log(1); setImmediate(() => { throw new Error("a bug"); });`;
  expect(await loggingProgram(code, scene.to).ended).toBe(9);
  expect(await stored(scene)).toEqual([0, 1]);
});

test("a program that logs nothing ends, and one that is idle isn't kept running", async () => {
  const scene = await aggregatorAt("unixsock");
  for (const code of ["", "setImmediate(() => {});", 'logger.info({ n: 0 }, "x"); out.flush(() => {});']) {
    const program = loggingProgram(LOG + code, scene.to);
    expect([await program.ended, program.stderr]).toEqual([0, ""]);
  }
  expect(await stored(scene)).toEqual([0]);
});

test("without an aggregator a program runs and ends as usual, and says what was lost", async () => {
  const path = join(temporaryDirectory(), "nobody");
  const program = loggingProgram(`${LOG} log(3); setImmediate(() => log(4));`, `unixsock=${path}`);
  expect(await program.ended).toBe(0);
  expect(program.stderr).toBe(
    `log-aggregator/pino, unixsock ${path}: 7 lines were dropped: unixsock ${path}: nothing is there; ` +
      `start the aggregator first: aggregator unixsock=${path}\n`,
  );
});

test("close() sends everything, reports it, and leaves no listener behind", async () => {
  const scene = await aggregatorAt("unixsock");
  const code = `
    const before = ["exit", "SIGTERM"].map((event) => process.listenerCount(event));
    const outs = Array.from({ length: 20 }, () => destination({ to }));
    for (const out of outs) pino({}, out).info({ n: 0 }, "x");
    const reports = await Promise.all(outs.map((out) => out.close()));
    outs[0].write("{}\\n");
    print({
      event: "reports",
      sent: reports.reduce((sum, { sent }) => sum + sent, 0),
      late: outs[0].report().unsent.broken,
      listeners: ["exit", "SIGTERM"].map((event, i) => process.listenerCount(event) - before[i]),
    });`;
  const program = loggingProgram(code, scene.to);
  expect(await program.event("reports")).toMatchObject({ sent: 20, late: 0, listeners: [0, 0] });
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  expect(await stored(scene)).toHaveLength(20);
});
