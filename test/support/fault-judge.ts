import { createReadStream, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { Line } from "./fault-program.ts";
import { StoredSequence } from "./fault-sequence.ts";
import type { Tally } from "./fault-tally.ts";

/**
 * A record about one producer that was kept outside the system, by the producer or by the program that wrote for it.
 */
export interface Journal {
  readonly producer: string;
  /** The name of the producer's run, if its lines have one. */
  readonly run?: string;
  /** Number of the last line that may be in the file, because the producer began to send it; -1 for none. */
  readonly sent: number;
  /**
   * Number of the last line that must be in the file, because it was acknowledged or accepted by the kernel; -1 for
   * none.
   */
  readonly acked: number;
  /** Beginnings of lines of which the kernel accepted no more. They must be in the file, wrapped. */
  readonly partials?: readonly string[];
  /** How many lines our own producer says it has sent. */
  readonly claimed?: number;
  /** Its messages may be dropped by the kernel, so that a missing number isn't a loss. */
  readonly lossy?: true;
  /** Its connection was cut while it wrote, so that its last stored line may be the beginning of one. */
  readonly cut?: true;
}

export interface Evidence {
  readonly files: readonly string[];
  readonly journals: readonly Journal[];
  /** The ledger of the one aggregator that wrote all files; undefined if an aggregator was killed. */
  readonly ledger?: Line;
  /** Lines may be stored twice, because a crash lost acknowledgements. */
  readonly repeats?: "allowed";
}

const OWN_LINE =
  /^\{"producer":"(?<producer>[^"\\]+)"(?:,"run":"(?<run>[0-9a-z]+)")?,"seq":(?<seq>\d+)(?:,"pad":"x*")?\}$/;
const OWN_LINE_START = '{"producer":"';
const OWN_LINE_BEGUN = /^\{"producer":"[^"\\]*(?:",?(?:"s?e?q?"?:?\d*(?:,"?p?a?d?"?:?"?x*"?)?)?)?$/;
const PRODUCER_LINE =
  /^\{"source":"producer","timestamp":\d+,"level":"INFO","message":"[A-Z]*","producer":"(?<producer>[^"\\]+)","run":"(?<run>[0-9a-z]{8})","seq":(?<seq>\d+),"sentAtNs":\d+\}$/;

/**
 * Output files in the order in which they were written: rotated and suspect files by their time, then the output
 * itself. If a file is there plain and compressed, only the plain one.
 */
export function outputFiles(output: string): string[] {
  const prefix = `${basename(output)}.`;
  const stamp = (name: string): string => name.slice(prefix.length).replace(/^suspect-/, "");
  const names = new Set(readdirSync(dirname(output)));
  return [...names]
    .filter((name) => !(name.endsWith(".gz") && names.has(name.slice(0, -".gz".length))))
    .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{9}Z(-\d+)?(\.gz)?$/.test(stamp(name)))
    .sort((a, b) => compare(stamp(a), stamp(b)))
    .concat([...names].filter((name) => name === basename(output)))
    .map((name) => join(dirname(output), name));
}

/** `…Z-2` comes before `…Z-10`. */
function compare(a: string, b: string): number {
  return a.slice(0, 19).localeCompare(b.slice(0, 19)) || a.localeCompare(b, "en", { numeric: true });
}

/**
 * Compares files and ledger with journals that were kept outside the system, and counts what breaks a promise: acked ⊆
 * file ⊆ sent, each producer's lines in order, every line valid to the byte, every file whole, and the system's own
 * account right.
 *
 * @returns how many different lines of each producer the files hold
 */
export async function judge(tally: Tally, evidence: Evidence): Promise<ReadonlyMap<string, number>> {
  const journals = evidence.journals.map(completed);
  const books = new Map(
    journals.map((journal) => [sequenceName(journal.producer, journal.run), { journal, stored: new StoredSequence() }]),
  );
  const partials = journals.flatMap((journal) => journal.partials ?? []);
  const lost = tally.fault("lost");
  lost.addCases(partials.length);
  const torn = new TornLines(partials, journals.filter(({ cut }) => cut).length);
  const lines = await readAll(tally, evidence, { books, torn });
  for (const partial of partials) lost.note(`the beginning of a line that the kernel accepted: ${partial}`);
  for (const { journal, stored } of books.values()) countLost(tally, journal, stored);
  if (evidence.ledger !== undefined) checkLedger(tally, evidence.ledger, lines);
  return new Map([...books.values()].map(({ journal, stored }) => [journal.producer, stored.distinct]));
}

/** A partial line that lacks only its LF is stored as it is, so it counts as a line. */
function completed(journal: Journal): Journal {
  const { sent, acked, partials = [] } = journal;
  const unended = partials.filter((partial) => !OWN_LINE.test(partial));
  const whole = partials.length - unended.length;
  return { ...journal, sent: sent + whole, acked: acked + whole, partials: unended };
}

type Books = ReadonlyMap<string, { readonly journal: Journal; readonly stored: StoredSequence }>;

/**
 * The beginnings of lines that the files may hold: those that are known, and one of each sender that was cut while it
 * wrote.
 */
class TornLines {
  readonly #known: string[];
  #cutSenders: number;

  constructor(known: string[], cutSenders: number) {
    this.#known = known;
    this.#cutSenders = cutSenders;
  }

  /** Removes a beginning from the list. @returns false when it isn't there */
  take(text: string): boolean {
    const at = this.#known.indexOf(text);
    if (at >= 0) this.#known.splice(at, 1);
    else if (this.#cutSenders === 0 || !isBeginning(text)) return false;
    else this.#cutSenders--;
    return true;
  }
}

function isBeginning(text: string): boolean {
  return text !== "" && (OWN_LINE_START.startsWith(text) || OWN_LINE_BEGUN.test(text));
}

/** What the files may hold. */
interface Expected {
  readonly books: Books;
  readonly torn: TornLines;
}

/**
 * Reads every line into its producer's book, and removes the partial lines that it finds from their list.
 *
 * @returns the number of lines, without repeated ones where these are allowed
 */
async function readAll(tally: Tally, { files, repeats }: Evidence, { books, torn }: Expected): Promise<number> {
  const malformed = tally.fault("malformed");
  const invented = tally.fault("invented");
  const misordered = tally.fault("misordered");
  const duplicated = repeats === "allowed" ? undefined : tally.fault("duplicated");
  let lines = 0;
  let again = 0;
  for (const file of files) {
    for await (const line of linesOf(file, () => malformed.note(`${file} ends inside a line`))) {
      lines++;
      const found = (OWN_LINE.exec(line) ?? PRODUCER_LINE.exec(line))?.groups;
      if (found === undefined) {
        if (!torn.take(unwrapped(line))) malformed.note(`${file} line ${lines}: ${line.slice(0, 200)}`);
        continue;
      }
      const producer = sequenceName(found["producer"], found["run"]);
      const book = books.get(producer);
      const seq = Number(found["seq"]);
      if (book === undefined || seq > book.journal.sent) {
        invented.note(`${producer}: line ${seq}, sent up to ${book?.journal.sent ?? "none"}`);
        continue;
      }
      const place = book.stored.add(seq);
      if (place.startsWith("again")) {
        again++;
        duplicated?.note(`${producer}: line ${seq}`);
      }
      if (place === "late" || place === "again, out of order") misordered.note(`${producer}: line ${seq} ${place}`);
    }
  }
  for (const fault of [malformed, invented, misordered]) fault.addCases(lines);
  tally.add("lines", lines);
  duplicated?.addCases(lines);
  if (duplicated === undefined) tally.add("duplicates", again);
  return duplicated === undefined ? lines - again : lines;
}

/** Names in these tests have no spaces. */
function sequenceName(producer = "", run = ""): string {
  return run === "" ? producer : `${producer} ${run}`;
}

function countLost(tally: Tally, { producer, acked, claimed, lossy }: Journal, stored: StoredSequence): void {
  const lost = tally.fault("lost");
  lost.addCases(acked + 1);
  const gaps = stored.missing(lossy ? acked : Math.max(acked, stored.highest));
  for (const [first, last] of gaps)
    lost.note(`${producer}: ${first} to ${last}, owed up to ${acked}`, last - first + 1);
  if (claimed === undefined) return;
  tally
    .fault("misreported")
    .check(claimed === stored.distinct, () => `${producer} says ${claimed} sent, ${stored.distinct} are stored`);
}

/** Checks that the ledger agrees with the files. */
function checkLedger(tally: Tally, ledger: Line, lines: number): void {
  const misreported = tally.fault("misreported");
  misreported.check(ledger["residue"] === 0, () => `a residue: ${JSON.stringify(ledger)}`);
  misreported.check(ledger["stored"] === lines, () => `${lines} lines are stored: ${JSON.stringify(ledger)}`);
}

/** The text that a wrapped line contains; empty for any other line. */
function unwrapped(line: string): string {
  try {
    const { _raw }: { _raw?: unknown } = JSON.parse(line);
    return typeof _raw === "string" ? _raw : "";
  } catch {
    return "";
  }
}

/** @param torn called when the last line has no LF */
async function* linesOf(file: string, torn: () => void): AsyncGenerator<string> {
  const stream = createReadStream(file);
  const input = file.endsWith(".gz") ? stream.pipe(createGunzip()) : stream;
  let lastByte = 0x0a;
  input.on("data", (chunk: Buffer) => {
    lastByte = chunk.at(-1) ?? lastByte;
  });
  yield* createInterface({ input, crlfDelay: 0 });
  if (lastByte !== 0x0a) torn();
}
