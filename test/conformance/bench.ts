import { syncBuiltinESMExports } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import {
  isStream,
  type Listener,
  type ListenerSettings,
  type Sender,
  type UnsentClass,
} from "../../src/transports/transport.ts";
import { Collector } from "../support/collector.ts";
import type { Subject } from "../support/subject.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MiB = 1024 * 1024;

/** Lines that a sender reported as not sent, by class. */
export type Unsent = Partial<Record<UnsentClass, number>>;

/** Settings of the listener, and the longest line that its receivers accept. */
export interface BenchSettings extends Partial<ListenerSettings> {
  readonly lineBytesMax?: number;
}

/** One listener under test, with everything around it that a test needs; all of it is closed when the test ends. */
export class Bench {
  readonly subject: Subject;
  readonly listener: Listener;
  readonly collector: Collector;
  readonly failures: Error[] = [];
  readonly unsent: Unsent = { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 };
  endpoint: Endpoint;

  constructor(subject: Subject, endpoint: Endpoint, options: BenchSettings = {}) {
    const { lineBytesMax = MiB, ...settings } = options;
    this.subject = subject;
    this.endpoint = endpoint;
    this.collector = new Collector(subject.transport.traits, lineBytesMax);
    this.listener = this.#createListener({
      connectionsMax: 1000,
      receiveBufferBytes: 8 * MiB,
      messageBytesMax: lineBytesMax + 1,
      fail: (error) => this.failures.push(error),
      ...settings,
    });
    onTestFinished(async () => {
      this.collector.resume();
      await this.listener.close();
      expect(this.collector.breaches).toEqual([]);
      expect(this.failures).toEqual([]);
    });
  }

  /** A bench whose listener listens, at an address of its own unless one is given. */
  static async open(
    subject: Subject,
    { endpoint, pausesTogether = false, ...settings }: BenchSettings & BenchOptions = {},
  ): Promise<Bench> {
    const address = endpoint ?? subject.freshEndpoint(temporaryDirectory());
    const common = pausesTogether ? { backpressure: () => bench.collector.backpressure() } : {};
    const bench: Bench = new Bench(subject, address, { ...settings, ...common });
    bench.endpoint = (await bench.listener.listen()).endpoint;
    return bench;
  }

  /** An opened sender to this listener, which must be reachable at once. */
  async sender(): Promise<Sender> {
    const waits: string[] = [];
    const sender = this.subject.transport.createSender(this.endpoint, {
      waitMs: 0,
      waiting: (reason) => waits.push(reason),
      unsent: (kind, lines) => {
        this.unsent[kind] = (this.unsent[kind] ?? 0) + lines;
      },
    });
    const abort = new AbortController();
    onTestFinished(async () => {
      abort.abort();
      await sender.close();
    });
    await sender.open(abort.signal);
    expect(waits).toEqual([]);
    return sender;
  }

  /** Sends the lines in several sends. On a transport that drops, each waits until the one before has arrived. */
  async send(sender: Sender, lines: readonly string[], linesPerSend: number): Promise<void> {
    const patient = this.subject.transport.traits.overload === "drops";
    for (let at = 0; at < lines.length; at += linesPerSend) {
      const some = lines.slice(at, at + linesPerSend);
      const wanted = this.collector.lineCount + some.length;
      await sender.send(block(some));
      if (patient) await this.collector.until(() => this.collector.lineCount >= wanted);
    }
  }

  /** Resolves when this many lines have arrived. */
  async arrived(lines: number): Promise<void> {
    await this.collector.until(() => this.collector.lineCount >= lines);
  }

  #createListener(settings: ListenerSettings): Listener {
    const { transport } = this.subject;
    return isStream(transport)
      ? transport.createListener(this.endpoint, { ...settings, accept: (channel) => this.collector.stream(channel) })
      : transport.createListener(this.endpoint, { ...settings, accept: (channel) => this.collector.messages(channel) });
  }
}

export interface BenchOptions {
  readonly endpoint?: Endpoint;
  /** A pause that the collector asks for stops all channels. */
  readonly pausesTogether?: boolean;
}

/** Lines as one block, each with its LF; one byte per character. */
export function block(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
}

/** `count` lines of one sender, distinguished by name and number, of `bytesOf(n)` bytes each, LF not counted. */
export function numbered(name: string, count: number, bytesOf: (n: number) => number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const start = `{"from":"${name}","n":${n},"pad":"`;
    return `${start.padEnd(bytesOf(n) - 2, "p")}"}`;
  });
}

/** The lines of each sender, in the order in which they arrived. */
export function bySender(lines: readonly string[]): Map<string, string[]> {
  const senders = new Map<string, string[]>();
  for (const line of lines) {
    const name = /^\{"from":"(\w+)"/.exec(line)?.[1] ?? "?";
    const own = senders.get(name);
    if (own === undefined) senders.set(name, [line]);
    else own.push(line);
  }
  return senders;
}

/** Compares long texts without printing them in full. */
export function expectSameLines(actual: readonly string[], wanted: readonly string[], name = ""): void {
  const at = actual.findIndex((line, i) => line !== wanted[i]);
  const where = at < 0 ? "" : `line ${at} is ${actual[at]?.slice(0, 80)}, not ${wanted[at]?.slice(0, 80)}`;
  expect({ name, where, lines: actual.length }).toEqual({ name, where: "", lines: wanted.length });
}

/** @returns whether the promise settles within that time */
export async function settles(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  const outcome = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return outcome;
}

// The clock below replaces the import.
const realPause = pause;

/** Of one step of the clock below; the longest rounds of the event loop here take 20 ms on a quiet machine. */
const STEP_MS_MAX = 50;

/**
 * How long it takes, ms, by a clock that the product goes by as well: it follows the real one in steps of at most STEP_MS_MAX.
 * A machine that is too busy to run this process therefore stops the clock, and only limits of the product let it go on.
 */
export async function heldClockMs(run: () => Promise<unknown>): Promise<number> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  syncBuiltinESMExports();
  onTestFinished(releaseClock);
  let isOver = false;
  const ended = run().finally(() => {
    isOver = true;
  });
  let ms = 0;
  for (let before = realMs(); !isOver; before = realMs()) {
    await realPause(1);
    const step = Math.min(Math.ceil(realMs() - before), STEP_MS_MAX);
    vi.advanceTimersByTime(step);
    ms += step;
  }
  // Whoever waits goes on by the real clock.
  vi.runOnlyPendingTimers();
  releaseClock();
  await ended;
  return ms;
}

function realMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function releaseClock(): void {
  vi.useRealTimers();
  syncBuiltinESMExports();
}

/** Defines a case only for transports to which it applies, so that no test is reported as skipped. */
export function testIf(applies: boolean, name: string, run: () => Promise<void>): void {
  if (applies) test(name, run);
}

export function describeIf(applies: boolean, name: string, cases: () => void): void {
  if (applies) describe(name, cases);
}
