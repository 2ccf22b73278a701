import type { CheckNeeds, Finding } from "./finding.ts";
import type { StoredRun } from "./stored-runs.ts";

/** What is sent as one: whole lines, unchanged. */
export interface Block {
  /** The random name of the file (FileMark). */
  readonly file: string;
  /** Of the first byte in the file. */
  readonly offset: number;
  readonly bytes: Buffer;
  readonly lines: number;
  readonly crc: number;
  /** See Checkpoint. */
  readonly generation: number;
}

/** A block that the engine has, in the order in which it was stored. */
export interface StoredBlock {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly lines: number;
  /** Of its bytes. */
  readonly crc: number;
  readonly sequence: number;
}

/** What an engine has of a forwarder's files. */
export interface Stored {
  /** Whether it no longer has what it had acknowledged; what was removed on purpose, by age for instance, isn't meant. */
  readonly hasLostItsEnd: boolean;
  /** The number of its last message, by whichever program it was sent. */
  readonly sequence: number;
  /**
   * All blocks after the last acknowledged one. If it has lost its end: at least the last of the files' blocks, and all
   * that follow the first one listed. Blocks that follow one another are joined (StoredRuns).
   */
  readonly runs: readonly StoredRun[];
}

/** The last block that was acknowledged. */
export interface Acknowledged {
  /** Its number, or that of the last message before the first block. */
  readonly sequence: number;
  /** The files of which it may be a block; none where no block was acknowledged. */
  readonly from: ReadonlySet<string>;
  /** The files whose blocks are looked for. */
  readonly files: ReadonlySet<string>;
  /** Called with each of them, in the stream's order, and perhaps again: whether it counts. */
  readonly isThere: (block: StoredBlock) => boolean;
}

/** Lines that an engine doesn't accept. What is around them is stored. */
export interface Refusal {
  /**
   * - `tooLong`: a line above the engine's limit
   * - `refused`: a line that the engine doesn't take
   * - `unnamed`: so many lines of a block, of which the engine doesn't say which
   */
  readonly reason: "tooLong" | "refused" | "unnamed";
  /** Of the first byte in the file: of the line, or of the block. */
  readonly offset: number;
  readonly length: number;
  /** How many are refused. */
  readonly lines: number;
  /** The engine's words, or its limit. */
  readonly message: string;
}

/** What became of a block. */
export interface Sent {
  /** The block's number; undefined where nothing of it is stored. */
  readonly sequence: number | undefined;
  readonly refusals: readonly Refusal[];
  /** Words of the engine for a person, although it has accepted the block. */
  readonly warning?: string;
}

export interface Opened {
  /** Longest block that it accepts. */
  readonly blockBytesMax: number;
  /** Longest line that it may accept as a block of its own, if compression makes it short enough: send() says so. */
  readonly lineBytesMax: number;
  /** The number of its last message, by whichever program it was sent. */
  readonly sequence: number;
}

/**
 * One connection to where lines are forwarded. A new one is made after each failure, so none has to reconnect. A folder for
 * each, and a line in engines.ts. The conformance suite (test/conformance/engines) says what every one promises.
 */
export interface Engine {
  /** Connects, and checks what can be checked. @throws EngineError */
  open(): Promise<Opened>;
  /**
   * Blocks are stored in the order of the calls. Resolves when the block is as safe as the engine's acknowledgement says;
   * its bytes belong to the caller again then, and are overwritten.
   *
   * @throws EngineError, also for each block that is unanswered when the connection is lost
   */
  send(block: Block): Promise<Sent>;
  /** What it has; undefined if it can't know. @throws EngineError */
  stored(last: Acknowledged): Promise<Stored | undefined>;
  /** The bytes of a stored block; undefined if they can't be read any more. @throws EngineError */
  bytesOf?(sequence: number): Promise<Buffer | undefined>;
  /**
   * Looks for what forwarding needs, over a connection of its own, and stores nothing. Ends where nothing more can be
   * looked at. @returns longest message that is accepted; undefined if that isn't known
   */
  check?(needs: CheckNeeds): AsyncGenerator<Finding, number | undefined>;
  /** Idempotent. Blocks that are unanswered may have been stored or not. */
  close(): Promise<void>;
}

/** What to do about a failure: connect anew, or give up because only a person can help. */
export type Remedy = "retry" | "giveUp";

export interface EngineErrorOptions extends Partial<Pick<EngineError, "isInDoubt" | "pauseMs">> {
  readonly cause?: unknown;
}

/** A failure of an engine. */
export class EngineError extends Error {
  readonly remedy: Remedy;
  /** The engine acknowledged a block and may not have stored it. */
  readonly isInDoubt: boolean;
  /** The engine asks for so long a pause. */
  readonly pauseMs: number;

  /** @param message subject, fact, and where a person has to help the remedy */
  constructor(remedy: Remedy, message: string, options: EngineErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "EngineError";
    this.remedy = remedy;
    this.isInDoubt = options.isInDoubt === true;
    this.pauseMs = options.pauseMs ?? 0;
  }
}
