import {
  type Acknowledged,
  type Block,
  type Engine,
  EngineError,
  type Opened,
  type Sent,
  type Stored,
  type StoredBlock,
} from "../../src/forwarder/engines/engine.ts";
import {
  type Compression,
  type Packed,
  Packer,
  UNPACKED_BYTES_MAX,
  unpacked,
} from "../../src/forwarder/engines/packing.ts";
import { StoredRuns } from "../../src/forwarder/engines/stored-runs.ts";

/** What happens to a block that arrives. */
export type Fate =
  /** It is stored and acknowledged. */
  | "stored"
  /** It is stored, and acknowledged after some that came after it, unless the connection is lost before. */
  | "overtaken"
  /** It is stored, and acknowledged after all that came with it, unless the connection is lost before. */
  | "delayed"
  /** It is stored, and the connection is lost before the acknowledgement. */
  | "unacknowledged"
  /** The connection is lost before it is stored. */
  | "lost"
  /** The connection is lost, and it is stored after the next look-up: a slow network, or a server that is busy. */
  | "late"
  /** It is not stored, and those after it may be: a full stream. */
  | "refused"
  /** It is not stored, but its id is remembered: a full stream of nats-server 2.10, which then takes it for a duplicate. */
  | "doubted";

/** Iterations of the event loop before an acknowledgement. */
const DELAYS: Partial<Record<Fate, number>> = { overtaken: 2, delayed: 20 };

interface Message extends StoredBlock {
  readonly bytes: Buffer;
}

/** A stream in memory, with a window of ids, which can lose its end or all that is in it. */
export class MemoryStream {
  readonly blockBytesMax: number;
  /** In order. */
  messages: Message[] = [];
  /** Asked for each block that arrives. */
  fate: (block: Block) => Fate = () => "stored";
  /** Whether nobody can ask what it has. */
  isForgetful = false;
  /** Called when a connection has compared what is stored. */
  compared: () => void = () => {};
  #late: Block[] = [];
  #ids = new Map<string, number>();
  #sequence = 0;

  constructor(blockBytesMax: number = 1024 * 1024) {
    this.blockBytesMax = blockBytesMax;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get content(): Buffer {
    return Buffer.concat(this.messages.map(({ bytes }) => bytes));
  }

  /** The deduplication window has passed. */
  forgetIds(): void {
    this.#ids.clear();
  }

  /** Goes back to an earlier state. */
  rollBack(messages: number): void {
    this.messages = this.messages.slice(0, this.messages.length - messages);
    this.#sequence = this.messages.at(-1)?.sequence ?? 0;
    this.#late = [];
    this.#ids = new Map([...this.#ids].filter(([, sequence]) => sequence <= this.#sequence));
  }

  /** Removes all messages on purpose. */
  purge(): void {
    this.messages = [];
  }

  delay(block: Block): void {
    this.#late.push(block);
  }

  arrive(): void {
    for (const block of this.#late.splice(0)) this.store(block);
  }

  /** Takes a block for one that is stored. */
  remember(block: Block): void {
    this.#ids.set(idOf(block), 0);
  }

  /** @returns its number, or 0 for a block that is only remembered */
  store(block: Block): number {
    const { file, offset, lines, bytes, crc } = block;
    const id = idOf(block);
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const sequence = ++this.#sequence;
    this.#ids.set(id, sequence);
    this.messages.push({ file, offset, lines, crc, length: bytes.length, sequence, bytes: Buffer.from(bytes) });
    return sequence;
  }
}

function idOf({ file, offset, bytes, generation }: Block): string {
  return `${file}:${offset}:${bytes.length}:${generation}`;
}

/** A connection to a stream in memory. */
export class MemoryEngine implements Engine {
  readonly #stream: MemoryStream;
  readonly #packer: Packer | undefined;
  #isLost = false;

  constructor(stream: MemoryStream, compression?: Compression) {
    this.#stream = stream;
    this.#packer = compression === undefined ? undefined : new Packer(compression);
  }

  async open(): Promise<Opened> {
    const { blockBytesMax, sequence } = this.#stream;
    return { blockBytesMax, lineBytesMax: this.#packer === undefined ? blockBytesMax : UNPACKED_BYTES_MAX, sequence };
  }

  async send(sent: Block): Promise<Sent> {
    const packed: Partial<Packed> = (await this.#packer?.pack(sent.bytes)) ?? {};
    const { bytes: content = sent.bytes, encoding = "" } = packed;
    const { offset, lines, bytes } = sent;
    if (content.length > this.#stream.blockBytesMax) {
      const refusal = { reason: "tooLong", offset, length: bytes.length, lines, message: "" } as const;
      return { sequence: undefined, refusals: [refusal] };
    }
    const block = { ...sent, bytes: unpacked(content, encoding, bytes.length) ?? Buffer.alloc(0) };
    const fate = this.#isLost ? "lost" : this.#stream.fate(block);
    if (fate === "doubted") this.#stream.remember(block);
    if (fate === "refused" || fate === "doubted") throw new EngineError("retry", "the stream is full");
    if (fate === "late") this.#stream.delay(block);
    if (fate === "lost" || fate === "late") throw this.#lose();
    const sequence = this.#stream.store(block);
    if (sequence === 0) throw new EngineError("retry", "taken for a duplicate", { isInDoubt: true });
    for (let left = DELAYS[fate] ?? 0; left > 0 && !this.#isLost; left--) await new Promise(setImmediate);
    if (this.#isLost || fate === "unacknowledged") throw this.#lose();
    return { sequence, refusals: [] };
  }

  async stored({ sequence, from, files, isThere }: Acknowledged): Promise<Stored | undefined> {
    if (this.#stream.isForgetful) return undefined;
    const { messages, sequence: last } = this.#stream;
    const at = messages.find((message) => message.sequence === sequence);
    const hasLostItsEnd = last < sequence || (from.size > 0 && at !== undefined && !from.has(at.file));
    const runs = new StoredRuns();
    for (const message of messages) {
      const isSought = files.has(message.file) && (hasLostItsEnd || message.sequence > sequence);
      if (isSought && isThere(message)) runs.add(message);
    }
    this.#stream.arrive();
    this.#stream.compared();
    return { hasLostItsEnd, sequence: last, runs: runs.list };
  }

  async bytesOf(sequence: number): Promise<Buffer | undefined> {
    return this.#stream.messages.find((message) => message.sequence === sequence)?.bytes;
  }

  async close(): Promise<void> {
    this.#isLost = true;
  }

  #lose(): EngineError {
    this.#isLost = true;
    return new EngineError("retry", "the connection is lost");
  }
}
