import type { Socket } from "node:net";
import { OperationalError } from "../../core/errors.ts";
import { type Answer, encodeMessage, MESSAGE_BYTES_MAX, parseAnswer, VERSION, type Welcome } from "../acks/protocol.ts";

export interface AckedConnectionOptions {
  readonly producer: string;
  /** Number of the oldest line held. */
  readonly first: number;
  welcomed(welcome: Welcome): void;
  acknowledged(upTo: number): void;
  /** So many lines up to that number were too long for the aggregator. */
  refused(lines: number, upTo: number): void;
  /** The connection is over. An error means that there is no point in another one. */
  over(fatal: OperationalError | undefined): void;
}

/** Why an aggregator sends a sender away that may try again. */
const PASSING = "no memory";

/** One connection's side of the dialogue of docs/acknowledgements.md: says hello, hears answers. */
export class AckedConnection {
  readonly #socket: Socket;
  readonly #options: AckedConnectionOptions;
  #heard = "";
  #welcomed = false;
  #fatal: OperationalError | undefined;

  constructor(socket: Socket, options: AckedConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#hear(text));
    socket.once("close", () => options.over(this.#fatal));
    socket.write(encodeMessage({ hello: VERSION, producer: options.producer, first: options.first }));
  }

  /** Lines may be sent. */
  get open(): boolean {
    return this.#welcomed && this.#socket.writable;
  }

  /** Queues whole lines for the kernel; they must not change any more. */
  send(lines: Buffer): void {
    this.#socket.write(lines);
  }

  /** Ends it in order: what was sent is delivered. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    const lines = (this.#heard + text).split("\n");
    this.#heard = lines.pop() ?? "";
    for (const line of lines) this.#answer(parseAnswer(line), line);
    if (this.#heard.length > MESSAGE_BYTES_MAX) this.#end(`an answer longer than ${MESSAGE_BYTES_MAX} bytes`);
  }

  #answer(answer: Answer | undefined, line: string): void {
    if (answer === undefined) this.#end(`"${line.slice(0, 80)}"`);
    else if ("welcome" in answer) {
      this.#welcomed = true;
      this.#options.welcomed(answer);
    } else if ("ack" in answer) this.#options.acknowledged(answer.ack);
    else if ("refused" in answer) this.#options.refused(answer.refused, answer.upTo);
    else if (!answer.error.startsWith(PASSING)) this.#end(`"${answer.error}"`);
  }

  #end(said: string): void {
    this.#fatal = new OperationalError(
      "ACKNOWLEDGEMENT_REFUSED",
      `the aggregator answered ${said}; use one that speaks ${VERSION}, and one --id per producer`,
    );
    this.#socket.destroy();
  }
}
