import { RETRY_MS_MIN } from "../../core/tuning.ts";
import type { DescriptorLink, Needed } from "../../transports/shared/descriptor-link.ts";
import type { Carrier, CarrierOptions } from "./carrier.ts";
import { Connection } from "./connection.ts";

/** Carries blocks without acknowledgements: a line is sent when the kernel has it. */
export class PlainCarrier implements Carrier {
  readonly connection: Connection;
  readonly heldBytes = 0;
  readonly #link: DescriptorLink;
  readonly #options: CarrierOptions;
  #waiting = 0;

  constructor(options: CarrierOptions) {
    this.#options = options;
    const link = options.link((kind, lines) => options.unsent(kind, lines));
    this.#link = link;
    this.connection = new Connection(options.endpoint, link, {
      opened: () => this.#carryOn(),
      writable: () => this.#carryOn(),
      closing: (fd) => this.#leave(fd),
      ...(link.ending && { readable: (fd: number) => this.#read(fd) }),
    });
  }

  get isBusy(): boolean {
    return this.#waiting > 0 || this.connection.fd < 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  carry(block: Buffer, lines: number): void {
    this.#waiting = lines;
    this.#link.load(block, lines);
    this.#push();
  }

  close(): void {
    this.#drop();
    this.connection.close();
  }

  #carryOn(): void {
    if (this.#waiting > 0) this.#push();
    if (!this.isBusy) this.#options.progress();
  }

  #push(): void {
    const { connection } = this;
    switch (this.#pushed(connection.fd)) {
      case undefined:
        this.#waiting = 0;
        connection.noteProgress();
        break;
      case "writable":
        connection.awaitWritable();
        break;
      case "memory":
        setTimeout(() => this.#carryOn(), RETRY_MS_MIN).unref();
        break;
      case "listener":
        connection.lose();
    }
  }

  /** An error that no other listener cures, such as a firewall's, costs a block, and not the program. */
  #pushed(fd: number): Needed | undefined {
    try {
      return this.#link.push(fd);
    } catch (error) {
      this.#drop();
      this.connection.lose(error);
      return "listener";
    }
  }

  #read(fd: number): void {
    const ending = this.#link.ending?.(fd);
    if (ending === "now") this.connection.lose();
    else if (ending === "after the line") this.connection.stopReading();
  }

  /** Lines that are in doubt now don't wait any more. */
  #leave(fd: number): void {
    this.#link.beforeClose?.(fd);
    if (this.#waiting > 0) this.#waiting = this.#link.linesLeft?.() ?? this.#waiting;
  }

  #drop(): void {
    this.#waiting = 0;
    const lines = this.#link.unload();
    if (lines > 0) this.#options.unsent("broken", lines);
  }
}
