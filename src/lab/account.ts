import { VERIFY_NAME_LENGTH_MAX, VERIFY_RANGES_MAX, VERIFY_SEQUENCE_RANGES_MAX } from "../core/limits.ts";
import type { ProducedLine } from "./produced-line.ts";
import { RangeBudget, Sequence } from "./sequence.ts";

/** The lines seen of one run of one producer. */
export interface RunAccount {
  readonly producer: string;
  /** Empty for lines that name no run. */
  readonly run: string;
  readonly sequence: Sequence;
  /** Unix time of the earliest and the latest line, s. */
  firstAt: number;
  lastAt: number;
}

/** Accounts for produced lines by (producer, run, seq), in bounded memory, whatever they say. */
export class Account {
  readonly #runs = new Map<string, RunAccount>();
  readonly #runsMax: number;
  readonly #budget = new RangeBudget(VERIFY_RANGES_MAX, VERIFY_SEQUENCE_RANGES_MAX);
  #others = 0;
  /** The run of the previous line: most lines are of the same run, and a lookup in the map costs more than comparing two names. */
  #last: RunAccount | undefined;

  /** @param runsMax most runs accounted for; lines of further runs are `others` */
  constructor(runsMax: number) {
    this.#runsMax = runsMax;
  }

  /** Lines of runs beyond the limit or with names that are too long; they are not accounted for. */
  get others(): number {
    return this.#others;
  }

  /** In the order of their first lines. */
  get runs(): RunAccount[] {
    return [...this.#runs.values()];
  }

  run(producer: string, run: string): RunAccount | undefined {
    return this.#runs.get(keyOf(producer, run));
  }

  add({ producer, run = "", seq, timestamp }: ProducedLine): void {
    const isSame = this.#last?.producer === producer && this.#last.run === run;
    const account = isSame ? this.#last : this.#find(producer, run, timestamp);
    if (account === undefined) {
      this.#others++;
      return;
    }
    this.#last = account;
    account.sequence.add(seq);
    if (timestamp < account.firstAt) account.firstAt = timestamp;
    if (timestamp > account.lastAt) account.lastAt = timestamp;
  }

  #find(producer: string, run: string, timestamp: number): RunAccount | undefined {
    const key = keyOf(producer, run);
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const isNameTooLong = producer.length > VERIFY_NAME_LENGTH_MAX || run.length > VERIFY_NAME_LENGTH_MAX;
    if (isNameTooLong || this.#runs.size >= this.#runsMax) return undefined;
    const account = { producer, run, sequence: new Sequence(this.#budget), firstAt: timestamp, lastAt: timestamp };
    this.#runs.set(key, account);
    return account;
  }
}

/** One unambiguous key for both names, whatever characters are in them. */
function keyOf(producer: string, run: string): string {
  return `${run.length} ${run}${producer}`;
}
