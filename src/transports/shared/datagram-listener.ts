import { closeDescriptor } from "../../os/close-descriptor.ts";
import type { SenderKind } from "../../os/message-headers.ts";
import { waitingMessages } from "../../os/waiting-input.ts";
import type {
  LeftInQueue,
  Listener,
  ListenerOptions,
  ListenerStats,
  Listening,
  MessageReceiver,
} from "../transport.ts";
import { DatagramReader } from "./datagram-reader.ts";

/** A bound datagram socket, and the differences between datagram transports. */
export interface DatagramBinding {
  /** Non-blocking; closed by the listener. */
  readonly fd: number;
  readonly listening: Listening;
  /** Longest message to receive whole. */
  readonly messageBytesMax: number;
  /** What the kernel can say about senders. */
  readonly senders: SenderKind;
  /** Whether the socket stays open in another process: then messages that wait are left to its next reader. */
  readonly isInherited?: true;
  /** Makes the kernel refuse new messages; those it has queued can still be read. close() calls this first. */
  release(): void;
  /** Messages that the kernel has dropped at this socket, or null where it doesn't report them. */
  drops(): number | null;
}

/** What datagram transports have in common: one socket, one channel for all senders, batches, draining. */
export class DatagramListener implements Listener {
  readonly #options: ListenerOptions<"message">;
  readonly #bind: () => Promise<DatagramBinding>;
  #bound: Promise<DatagramBinding> | undefined;
  #open: OpenSocket | undefined;
  #drops: number | null = null;
  #leftInQueue: LeftInQueue | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions<"message">, bind: () => Promise<DatagramBinding>) {
    this.#options = options;
    this.#bind = bind;
  }

  async listen(): Promise<Listening> {
    this.#bound = this.#bind();
    const binding = await this.#bound;
    const receiver = this.#options.accept({ id: 1 });
    const { fd, messageBytesMax } = binding;
    const senders = this.#options.identifies ? binding.senders : undefined;
    const reader = new DatagramReader({
      fd,
      messageBytesMax,
      senders,
      receiver,
      readDrops: () => binding.drops(),
      fail: (error) => this.#options.fail(error),
    });
    this.#open = { binding, receiver, reader };
    return binding.listening;
  }

  stats(): ListenerStats {
    if (this.#open !== undefined) this.#drops = this.#open.binding.drops();
    const counts = { accepted: 0, refused: 0, cutSenders: 0, cutBytes: 0, kernelDrops: this.#drops };
    return { senders: null, ...counts, leftInQueue: this.#leftInQueue };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#open === undefined) await this.#bound?.catch(() => {}); // listen() may be under way
    if (this.#open === undefined) return;
    const { binding, receiver, reader } = this.#open;
    binding.release();
    if (binding.isInherited) {
      reader.stop();
      this.#leftInQueue = { unit: "messages", count: waitingMessages(binding.fd) };
    } else await reader.drain();
    this.stats(); // reads the kernel's counter for the last time
    this.#open = undefined;
    receiver.end();
    closeDescriptor(binding.fd);
  }
}

interface OpenSocket {
  readonly binding: DatagramBinding;
  readonly receiver: MessageReceiver;
  readonly reader: DatagramReader;
}
