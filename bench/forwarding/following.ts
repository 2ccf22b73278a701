import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { cpuSeconds, end, event, lines, memoryMb, type Scene, STREAM, start } from "./scene.ts";

const TICK_MS = 10;

/** What it costs to follow a growing file. */
export interface Following {
  readonly linesPerSecond: number;
  /** Processor time of the forwarder per second. */
  readonly cores: number;
  readonly rssMb: number;
}

/** A program that appends lines at a rate, in this process. */
class Writer {
  readonly #fd: number;
  readonly #perTick: Buffer;
  readonly #linesPerTick: number;
  #timer: NodeJS.Timeout | undefined;
  written = 0;

  constructor(path: string, linesPerSecond: number) {
    this.#fd = openSync(path, "a");
    this.#linesPerTick = Math.round((linesPerSecond * TICK_MS) / 1000);
    this.#perTick = lines(0, this.#linesPerTick);
  }

  /** Ticks that come late are made up for. */
  begin(): void {
    const startedMs = performance.now();
    let ticks = 0;
    this.#timer = setInterval(() => {
      for (; ticks * TICK_MS < performance.now() - startedMs; ticks++) {
        writeSync(this.#fd, this.#perTick);
        this.written += this.#linesPerTick;
      }
    }, TICK_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }
}

/** Follows a file to which lines are appended at a rate. */
export async function follow(scene: Scene, linesPerSecond: number, seconds: number): Promise<Following> {
  await scene.newStream();
  const path = scene.log(0);
  const writer = new Writer(path, linesPerSecond);
  const forwarder = start("forwarder", scene.forwarder(path));
  const pid = forwarder.pid ?? 0;
  await event(forwarder, "connected");
  writer.begin();
  await pause(1000); // the compiler has seen the code by then
  const [cpu, written, startedMs] = [cpuSeconds(pid), writer.written, performance.now()];
  await pause(seconds * 1000);
  const took = (performance.now() - startedMs) / 1000;
  const cores = (cpuSeconds(pid) - cpu) / took;
  const rate = (writer.written - written) / took;
  const rssMb = memoryMb(pid, "VmRSS");
  writer.end();
  await end(forwarder);
  return { linesPerSecond: rate, cores, rssMb };
}

/** Milliseconds from the moment at which a restarted server accepts clients to the next stored block. */
export async function stall(scene: Scene, downMs: number): Promise<number> {
  await scene.newStream();
  const path = scene.log(0);
  const writer = new Writer(path, 10_000);
  const forwarder = start("forwarder", scene.forwarder(path));
  await event(forwarder, "connected");
  writer.begin();
  while ((await scene.lastSequence()) < 5);
  await scene.server.kill("SIGKILL");
  await pause(downMs);
  await scene.server.start();
  const readyMs = performance.now();
  const ms = await scene.server.ask(async (manager) => {
    const last = async (): Promise<number> => (await manager.streams.info(STREAM)).state.last_seq;
    const before = await last();
    while ((await last()) === before);
    return performance.now() - readyMs;
  });
  writer.end();
  await end(forwarder);
  return ms;
}

/** Forwards a backlog. */
export async function backlog(scene: Scene, bytes: number): Promise<{ rssMb: number; megabytesPerSecond: number }> {
  await scene.newStream();
  const path = scene.log(bytes);
  const forwarder = start("forwarder", scene.forwarder(path, "--once"));
  const pid = forwarder.pid ?? 0;
  let rssMb = 0;
  const sampling = setInterval(() => {
    if (forwarder.exitCode === null) rssMb = Math.max(rssMb, memoryMb(pid, "VmHWM"));
  }, 200);
  const { seconds, bytes: forwarded } = await event(forwarder, "done");
  clearInterval(sampling);
  if (Number(forwarded) < bytes) throw new Error("bytes are missing");
  return { rssMb, megabytesPerSecond: bytes / 1e6 / Number(seconds) };
}
