import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { onTestFinished } from "vitest";
import { createListener } from "../../src/transports/fifo/listener.ts";
import type { Listener } from "../../src/transports/transport.ts";
import { Recorder, recordingOptions } from "./recorder.ts";

/** A listener on a FIFO; each of its channels gets a recorder of its own. */
export class FifoService {
  readonly channels: Recorder[] = [];
  readonly listener: Listener;
  /** Resolves with the error that the listener reports when it can't go on. */
  readonly failure: Promise<Error>;
  readonly #all = new Recorder();

  constructor(path: string) {
    let fail: (error: Error) => void = () => {};
    this.failure = new Promise((resolve) => {
      fail = resolve;
    });
    const options = { ...recordingOptions(this.#all, { fail }), accept: () => this.#accept() };
    this.listener = createListener({ transport: "fifo", path }, options);
    onTestFinished(() => this.listener.close());
  }

  static async start(path: string): Promise<FifoService> {
    const service = new FifoService(path);
    await service.listener.listen();
    return service;
  }

  get text(): string {
    return this.channels.map((channel) => channel.text).join("");
  }

  get ends(): number {
    return this.channels.reduce((sum, channel) => sum + channel.ended, 0);
  }

  /** Resolves as soon as the condition holds; it is checked at every event of any channel. */
  until(condition: () => boolean): Promise<void> {
    return this.#all.until(condition);
  }

  #accept(): Recorder {
    const recorder = new Recorder();
    this.channels.push(recorder);
    void recorder.until(() => {
      this.#all.end();
      return false;
    });
    return recorder;
  }
}

/** A writer that opened the FIFO without waiting for a reader. */
export class FifoWriter {
  readonly #fd: number;
  #open = true;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    onTestFinished(() => this.close());
  }

  write(text: string): number {
    return writeSync(this.#fd, text);
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** Opens, writes and closes. */
export function say(path: string, text: string): void {
  const writer = new FifoWriter(path);
  writer.write(text);
  writer.close();
}

/** Runs a shell script with the path as `$0`; resolves with its exit status. */
export async function shell(script: string, path: string, ...args: readonly string[]): Promise<number> {
  const [status] = await once(spawn("sh", ["-c", script, path, ...args], { stdio: "ignore" }), "exit");
  return status;
}

export function makeFifo(path: string): void {
  execFileSync("mkfifo", [path]);
}
