import { AckWindow } from "../../acks/sending/ack-window.ts";
import { AckedConnection } from "../../acks/sending/acked-connection.ts";
import { countLines } from "../../core/whole-lines.ts";
import { newRunName } from "../run-name.ts";
import type { Carrier, CarrierOptions } from "./carrier.ts";
import { Connection } from "./connection.ts";
import { DescriptorSocket } from "./descriptor-socket.ts";

export interface AckedCarrierOptions extends CarrierOptions {
  /** Names this program in the aggregator's account of sequences, 1 to 128 bytes. */
  readonly producer: string;
}

/** Carries blocks and keeps them until the aggregator has acknowledged them; sends them again over a new connection. */
export class AckedCarrier implements Carrier {
  readonly connection: Connection;
  readonly #options: AckedCarrierOptions;
  #window = new AckWindow();
  #run: string = newRunName();
  #socket: DescriptorSocket | undefined;
  #dialogue: AckedConnection | undefined;

  constructor(options: AckedCarrierOptions) {
    this.#options = options;
    const link = options.link((kind, lines) => options.unsent(kind, lines));
    this.connection = new Connection(options.endpoint, link, {
      opened: (fd) => this.#begin(fd),
      writable: () => {
        this.#socket?.flush();
        this.#advanced();
      },
      readable: () => {
        this.#socket?.receive();
        this.#advanced();
      },
    });
  }

  get isBusy(): boolean {
    return this.#dialogue?.isOpen !== true || this.#socket?.isFlushed !== true;
  }

  get heldBytes(): number {
    return this.#window.bytes;
  }

  get waiting(): number {
    return this.#window.next - this.#window.first;
  }

  carry(block: Buffer, lines: number): void {
    const kept = Buffer.from(block);
    this.#window.push(kept, lines);
    this.#dialogue?.send(kept);
  }

  close(): void {
    const lines = this.waiting;
    this.#window = new AckWindow();
    if (lines > 0) this.#options.unsent("unacknowledged", lines);
    this.connection.close();
  }

  #begin(fd: number): void {
    const socket = new DescriptorSocket(fd, () => this.connection.awaitWritable());
    this.#socket = socket;
    this.#dialogue = new AckedConnection(socket, {
      name: { producer: this.#options.producer, run: this.#run },
      window: this.#window,
      acknowledged: (tooLong) => {
        this.connection.noteProgress();
        if (tooLong > 0) this.#options.unsent("tooLong", tooLong);
      },
      over: (fatal) => {
        if (this.#socket === socket) this.#end(fatal);
      },
    });
  }

  #end(fatal: unknown): void {
    this.#dialogue = undefined;
    this.#socket = undefined;
    if (fatal !== undefined) this.#renew();
    this.connection.lose(fatal);
  }

  /** No more lines of this sequence count as stored, so those that wait become a new one: doubled perhaps, not lost. */
  #renew(): void {
    const window = new AckWindow();
    for (const block of this.#window.from(this.#window.first)) window.push(block, countLines(block));
    this.#window = window;
    this.#run = newRunName();
  }

  #advanced(): void {
    if (!this.isBusy) this.#options.progress();
  }
}
