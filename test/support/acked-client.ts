import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished } from "vitest";
import { RunningProgram } from "./running-program.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The hello of a sender that has not sent anything yet. */
export const HELLO = '{"hello":"log-aggregator/1","producer":"p","run":"r1","first":0}\n';

/** That hello with other fields. */
export function hello(fields: Record<string, unknown>): string {
  return `${JSON.stringify({ ...JSON.parse(HELLO), ...fields })}\n`;
}

/** Where a test's aggregator listens and writes. */
export interface Site {
  readonly socket: string;
  readonly output: string;
}

export function site(): Site {
  const directory = temporaryDirectory();
  return { socket: join(directory, "s"), output: join(directory, "out.jsonl") };
}

/** Starts an aggregator with `--durability ack`; resolves when it listens. */
export async function aggregate({ socket, output }: Site, ...options: string[]): Promise<RunningProgram> {
  const program = RunningProgram.aggregator([`unixsock=${socket}`, "-o", output, "--durability", "ack", ...options]);
  await program.event("listening");
  return program;
}

/** An acknowledged sender that the test plays by hand, reading the answers line by line. */
export class AckedClient {
  readonly socket: Socket;
  readonly #answers: AsyncIterator<string>;

  /** @param to a unix socket's path, or a tcp endpoint */
  constructor(to: string | TcpNetConnectOpts) {
    this.socket = typeof to === "string" ? connect(to) : connect(to);
    this.socket.on("error", () => {});
    onTestFinished(() => void this.socket.destroy());
    this.#answers = createInterface({ input: this.socket })[Symbol.asyncIterator]();
  }

  write(words: string | Buffer): void {
    this.socket.write(words);
  }

  /** The next answer; undefined when the connection has ended. */
  async nextAnswer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    return done === true ? undefined : JSON.parse(value);
  }

  /** Drops all answers until the connection ends. */
  async ended(): Promise<void> {
    while ((await this.nextAnswer()) !== undefined);
  }

  /** Answers up to the acknowledgement of this line. */
  async acknowledgedUpTo(number: number): Promise<void> {
    for (;;) {
      const answer = await this.nextAnswer();
      if (answer === undefined) throw new Error(`the connection ended before line ${number} was acknowledged`);
      if (typeof answer === "object" && answer !== null && "ack" in answer && answer.ack === number) return;
    }
  }
}

export const welcome = (next: number): unknown => ({
  welcome: "log-aggregator/1",
  next,
  durability: "ack",
  lineBytesMax: 1_048_576,
});

/** Ends an aggregator in order and returns its ledger, which adds up. */
export async function stop(aggregator: RunningProgram): Promise<Record<string, unknown>> {
  aggregator.child.kill("SIGTERM");
  const ledger = await aggregator.event("closed");
  expect(ledger["residue"]).toBe(0);
  await aggregator.ended;
  return ledger;
}
