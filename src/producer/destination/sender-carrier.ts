import { setTimeout as pause } from "node:timers/promises";
import { AckedSender } from "../../acks/sending/acked-sender.ts";
import type { SenderCertificates } from "../../core/certificates.ts";
import { OperationalError } from "../../core/errors.ts";
import { STOP_MS_MAX } from "../../core/limits.ts";
import { transportOf } from "../../transports/registry.ts";
import type { Sender } from "../../transports/transport.ts";
import { newRunName } from "../run-name.ts";
import type { Carrier, CarrierOptions, Reach } from "./carrier.ts";

/** The pause after an error that waiting alone may not cure, such as a certificate that isn't trusted. */
const FAILURE_PAUSE_MS = 500;

export interface SenderCarrierOptions extends Omit<CarrierOptions, "link"> {
  readonly tls: SenderCertificates;
  /** Given, lines are kept until they are acknowledged, under this name. */
  readonly producer: string | undefined;
}

/**
 * Carries blocks by a producer's sender, for TLS, which Node has for its event loop only: nothing can be sent when that
 * has ended.
 */
export class SenderCarrier implements Carrier {
  readonly heldBytes = 0;
  readonly connection: Reach;
  readonly #options: SenderCarrierOptions;
  readonly #stop = new AbortController();
  #sender: Sender;
  /** The sender isn't open yet, or asked to wait. */
  #isBlocked = true;
  #blockedLines = 0;
  #failure: unknown;

  constructor(options: SenderCarrierOptions) {
    this.#options = options;
    this.#sender = this.#newSender();
    const failure = (): unknown => this.#failure;
    this.connection = {
      open: () => void this.#open(),
      step() {},
      isOutOfReach: true,
      get failure(): unknown {
        return failure();
      },
    };
  }

  get isBusy(): boolean {
    return this.#isBlocked;
  }

  get waiting(): number {
    return this.#sender instanceof AckedSender ? this.#sender.waiting : this.#blockedLines;
  }

  carry(block: Buffer, lines: number): void {
    const backpressure = this.#sender.send(block, lines);
    if (backpressure === undefined) return;
    this.#isBlocked = true;
    this.#blockedLines = lines;
    backpressure.then(
      () => this.#unblock(undefined),
      // The sender has counted the lines as unsent.
      (error) => this.#unblock(error),
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sender.close();
    this.#blockedLines = 0;
  }

  async #open(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#sender.open(signal);
        this.#unblock(undefined);
        return;
      } catch (error) {
        this.#failure = error;
        await pause(FAILURE_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  #unblock(failure: unknown): void {
    this.#failure = failure;
    this.#isBlocked = false;
    this.#blockedLines = 0;
    this.#options.progress();
  }

  /** No more lines of this sequence count as stored, so the next ones begin another. */
  #renew(reason: unknown): void {
    const { connection } = this;
    this.#failure = reason;
    this.#isBlocked = true;
    void this.#sender.close();
    this.#sender = this.#newSender();
    connection.open();
  }

  #newSender(): Sender {
    const { endpoint, tls, producer, unsent } = this.#options;
    const transport = transportOf(endpoint);
    const search = {
      waitMs: Number.POSITIVE_INFINITY,
      tls,
      waiting: (reason: string): void => {
        this.#failure = new OperationalError("LISTENER_UNREACHABLE", reason);
      },
    };
    if (producer === undefined) return transport.createSender(endpoint, { ...search, unsent });
    return new AckedSender({
      name: { producer, run: newRunName() },
      connect: (signal) => {
        if (transport.connect === undefined) throw new Error(`${transport.name} has no way back`);
        return transport.connect(endpoint, search, signal);
      },
      waitMs: STOP_MS_MAX,
      tooLong: (lines) => unsent("tooLong", lines),
      unacknowledged: (first, last) => unsent("unacknowledged", last - first + 1),
      gaveUp: (error) => this.#renew(error),
    });
  }
}
