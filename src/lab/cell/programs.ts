import { join } from "node:path";
import { temporaryAddress } from "../../addresses/temporary-address.ts";
import { PROGRAM_STOP_MS_MAX } from "../../core/limits.ts";
import type { TransportName } from "../../core/transport-name.ts";
import { isInstalled, systemText } from "../../os/machine-facts.ts";
import { OwnProgram, type ProgramEvent } from "../../os/own-program.ts";
import { processTree } from "../../os/process-tree.ts";
import type { Collection, Subjects } from "../collectors/collector.ts";
import { PRODUCER_OPTIONS, type ProgramSet } from "../implementations/program-set.ts";
import type { Parameters } from "../results/run-line.ts";
import { producerArguments } from "./load.ts";

export interface ProgramOptions {
  readonly transport: TransportName;
  /** A fresh folder. */
  readonly directory: string;
  readonly load: Parameters;
  readonly programs: ProgramSet;
  readonly aggregatorOptions: readonly string[];
  readonly producerOptions: readonly string[];
  readonly collections: readonly Collection[];
  readonly stop: AbortSignal;
}

/** Has the kernel end a program when this process is killed: an aggregator would run forever (setpriv(1), of util-linux). */
const DIES_WITH_US = isInstalled("setpriv") ? ["setpriv", "--pdeathsig", "TERM"] : [];

/** The name of a cell's sender in its lines. */
export function senderName(index: number): string {
  return `sender-${index + 1}`;
}

/** The aggregator and the senders of one cell. All end with close(). */
export class Programs implements AsyncDisposable {
  readonly output: string;
  readonly senders: OwnProgram[] = [];
  readonly #options: ProgramOptions;
  readonly #running: OwnProgram[] = [];
  #aggregator: OwnProgram | undefined;
  #address = "";
  readonly #interrupt = (): void => {
    this.#signal("SIGCONT");
    this.#signal("SIGTERM");
  };

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.output = join(options.directory, "aggregated_logs.jsonl");
    options.stop.addEventListener("abort", this.#interrupt, { once: true });
  }

  get aggregator(): OwnProgram {
    if (this.#aggregator === undefined) throw new Error("the aggregator was not started");
    return this.#aggregator;
  }

  /** Starts the aggregator, or another one in the place of one that has ended. Resolves when senders can reach it. */
  async startAggregator(): Promise<ProgramEvent> {
    this.#options.stop.throwIfAborted();
    const { transport, directory, programs, aggregatorOptions } = this.#options;
    const endpoint = this.#address || temporaryAddress(transport, directory);
    const args = [endpoint, "-o", this.output, ...programs.aggregatorOptions, ...aggregatorOptions];
    const options = { file: programs.files?.aggregator, wrapper: this.#wrapper("aggregator", 0) };
    this.#aggregator = new OwnProgram("aggregator", args, options);
    this.#running.push(this.#aggregator);
    const listening = await this.#aggregator.event("listening");
    this.#address = `${transport}=${listening["address"]}`;
    return listening;
  }

  /** Starts the senders. Resolves when all have reached the aggregator. */
  async startSenders(): Promise<void> {
    this.#options.stop.throwIfAborted();
    const { load, programs, producerOptions } = this.#options;
    const always = [...PRODUCER_OPTIONS, ...programs.producerOptions];
    const args = [this.#address, ...producerArguments(load), ...always, ...producerOptions];
    for (let index = 0; index < load.senders; index++) {
      const options = { file: programs.files?.producer, wrapper: this.#wrapper("sender", index), input: true };
      this.senders.push(new OwnProgram("producer", [...args, "--id", senderName(index)], options));
    }
    this.#running.push(...this.senders);
    await Promise.all(this.senders.map((sender) => sender.event("ready")));
  }

  /** The processes to be measured: the programs themselves, below wrappers that don't become them. */
  subjects(): Subjects {
    const isWrapped = this.#options.collections.some(({ wrapper }) => wrapper !== undefined);
    const subject = (started: number, name: string): number => (isWrapped ? named(started, name) : started);
    const senders = this.senders.map(({ pid }) => subject(pid, "producer"));
    return { senders, aggregator: subject(this.aggregator.pid, "aggregator"), address: this.#address };
  }

  /** Ends the senders and then the aggregator. @returns the aggregator's ledger */
  async stop(): Promise<ProgramEvent> {
    for (const sender of this.senders) sender.endInput();
    await Promise.all(this.senders.map((sender) => sender.ended));
    // A wrapper such as strace would end without it.
    process.kill(this.subjects().aggregator, "SIGTERM");
    const ledger = await this.aggregator.event("closed");
    await this.aggregator.ended;
    return ledger;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.stop.removeEventListener("abort", this.#interrupt);
    this.#interrupt();
    const patience = setTimeout(() => this.#signal("SIGKILL"), PROGRAM_STOP_MS_MAX);
    await Promise.allSettled(this.#running.map((program) => program.ended));
    clearTimeout(patience);
  }

  #signal(name: NodeJS.Signals): void {
    for (const program of this.#running) program.kill(name);
  }

  #wrapper(side: "sender" | "aggregator", index: number): readonly string[] {
    return [...DIES_WITH_US, ...this.#options.collections.flatMap((one) => one.wrapper?.(side, index) ?? [])];
  }
}

/** The process of this name: it may be the child of a wrapper such as strace, and have children of its own. */
function named(started: number, name: string): number {
  return processTree(started).find((pid) => systemText(`/proc/${pid}/comm`) === name) ?? started;
}
