import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Journal } from "./fault-judge.ts";
import { FaultProgram, type Line } from "./fault-program.ts";

const PYTHON = fileURLToPath(new URL("python", import.meta.url));
const FEED_MS = 10;

/** What a JournalingSender sends. */
export interface JournaledLines {
  /** Most lines that are sent and not acknowledged. */
  readonly window?: number;
  /** By how much each line is made longer. */
  readonly padBytes?: number;
}

/** An acknowledged sender that keeps its own journal. It is written in Python and shares no code with the project. */
export class JournalingSender implements Journal {
  readonly producer: string;
  readonly program: FaultProgram;
  run = "";
  sent = -1;
  acked = -1;

  constructor(target: string, producer: string, { window = 500, padBytes }: JournaledLines = {}) {
    this.producer = producer;
    const args = [target, producer, String(window), ...(padBytes === undefined ? [] : [String(padBytes)])];
    this.program = new FaultProgram(["python3", join(PYTHON, "fault_sender.py"), ...args], {}, (line) => {
      if (typeof line["sent"] === "number") this.sent = line["sent"];
      else if (typeof line["acked"] === "number") this.acked = line["acked"];
      else if (typeof line["run"] === "string") this.run = line["run"];
    });
  }

  /** Resolves when this many more lines have been acknowledged. */
  progress(lines: number): Promise<void> {
    const target = this.acked + lines;
    return this.program.until(() => this.acked >= target, `line ${target} of ${this.producer} was acknowledged`);
  }

  /** Makes it break its connection, wherever in a line that is, and connect again. */
  breakConnection(): void {
    this.program.kill("SIGUSR1");
  }

  /** Begins no further lines, and resolves when all that were sent are acknowledged. */
  async finish(): Promise<void> {
    this.program.stdin?.end();
    const { status } = await this.program.ended;
    assert.equal(status, 0, this.program.stderr);
    assert.equal(this.acked, this.sent, `${this.producer} ended without all acknowledgements`);
  }
}

/** A sender without acknowledgements, also in Python, whose journal says what the kernel accepted. */
export class PlainSender {
  readonly producer: string;
  readonly program: FaultProgram;
  #journal: Line = {};

  constructor(target: string, producer: string, rate: number | "max") {
    this.producer = producer;
    const command = ["python3", join(PYTHON, "plain_sender.py"), target, producer, String(rate)];
    this.program = new FaultProgram(command, {}, (line) => {
      this.#journal = line;
    });
  }

  /** Resolves when the kernel has accepted its first bytes. */
  sending(): Promise<void> {
    return this.program.until(() => Object.keys(this.#journal).length > 0, `${this.producer} sent`);
  }

  /** Begins no further lines. @returns what the kernel accepted, all of which must be in the file */
  async finish(): Promise<Journal> {
    this.program.stdin?.end();
    const { status } = await this.program.ended;
    assert.equal(status, 0, this.program.stderr);
    const last = Number(this.#journal["accepted"]) - 1;
    const partial = String(this.#journal["partial"]);
    return { producer: this.producer, sent: last, acked: last, partials: partial === "" ? [] : [partial] };
  }
}

/** The project's own producer, fed with numbered lines through `--stdin`, so that its input is known outside of it. */
export class FedProducer {
  readonly producer: string;
  readonly program: FaultProgram;
  #fed = 0;
  readonly #feeding: NodeJS.Timeout;

  /** @param program a producer with `--stdin` */
  constructor(program: FaultProgram, producer: string, rate: number) {
    this.producer = producer;
    this.program = program;
    const started = performance.now();
    this.#feeding = setInterval(() => {
      const stdin = program.stdin;
      if (program.over || stdin === null || stdin.writableNeedDrain) return;
      let lines = "";
      for (const due = ((performance.now() - started) / 1000) * rate; this.#fed < due; this.#fed++)
        lines += `{"producer":"${producer}","seq":${this.#fed}}\n`;
      stdin.write(lines);
    }, FEED_MS);
  }

  /** Ends its input. @returns a journal: all of the input must be in the file, and the producer must report as much */
  async finish(): Promise<Journal> {
    clearInterval(this.#feeding);
    this.program.stdin?.end();
    const { status } = await this.program.ended;
    assert.equal(status, 0, this.program.stderr);
    const last = this.#fed - 1;
    return {
      producer: this.producer,
      sent: last,
      acked: last,
      claimed: Number(this.program.events.get("done")?.["sent"]),
    };
  }
}

/**
 * What our own producer reports about itself when it has ended. It is not an oracle: the journal demands no line, and
 * the number it claims is compared with the file.
 */
export async function claimOf(producer: string, program: FaultProgram): Promise<Journal> {
  const done = await program.event("done");
  const claimed = Number(done["sent"]);
  return { producer, run: String(done["run"]), sent: claimed - 1, acked: -1, claimed };
}
