import { Gate } from "../../src/core/backpressure.ts";
import type { MessageBatch } from "../../src/core/message-batch.ts";
import type {
  ListenerOptions,
  ListenerSettings,
  MessageReceiver,
  StreamReceiver,
} from "../../src/transports/transport.ts";

/** Keeps what is received on one channel. While its gate is closed, it asks for a pause after each input. */
export class Recorder implements StreamReceiver, MessageReceiver {
  /** Messages, or chunks of a stream, in order. */
  readonly parts: Buffer[] = [];
  readonly batchCounts: number[] = [];
  readonly truncated: Buffer[] = [];
  readonly gate: Gate = new Gate();
  ended = 0;
  readonly #watchers = new Set<() => void>();

  get text(): string {
    return Buffer.concat(this.parts).toString("latin1");
  }

  receive(chunk: Buffer): Promise<void> | undefined {
    this.parts.push(Buffer.from(chunk));
    this.#changed();
    return this.gate.pass();
  }

  receiveBatch(batch: MessageBatch): Promise<void> | undefined {
    this.batchCounts.push(batch.count);
    for (let i = 0; i < batch.count; i++) {
      const start = i * batch.slotBytes;
      const message = Buffer.from(batch.bytes.subarray(start, start + batch.length(i)));
      (batch.truncated(i) ? this.truncated : this.parts).push(message);
      // A receiver may change the bytes of a batch; the next batch must not be affected.
      batch.bytes.fill(0x23, start, start + batch.length(i) + 1);
    }
    this.#changed();
    return this.gate.pass();
  }

  end(): void {
    this.ended++;
    this.#changed();
  }

  /** Resolves as soon as the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
    });
  }

  #changed(): void {
    for (const check of this.#watchers) check();
  }
}

/** Options of a listener of either boundary whose channels all lead to one recorder; any failure is thrown. */
export function recordingOptions(
  recorder: Recorder,
  more: Partial<ListenerSettings> = {},
): ListenerOptions<"stream"> & ListenerOptions<"message"> {
  return {
    accept: () => recorder,
    connectionsMax: 100,
    receiveBufferBytes: 1 << 20,
    messageBytesMax: 1 << 20,
    fail: (error) => {
      throw error;
    },
    ...more,
  };
}
