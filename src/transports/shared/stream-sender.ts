import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Backpressure } from "../../core/backpressure.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { CLOSE_ANSWER_MS_MAX } from "../../core/limits.ts";
import { countLines } from "../../core/whole-lines.ts";
import type { Sender, SenderOptions } from "../transport.ts";
import { findListener, type ListenerSearch } from "./listener-search.ts";

/**
 * Sends over one connection. When it breaks, the lines of the write that failed count as `broken` (it can't be known
 * whether they arrived), and the next send opens a new connection.
 */
export class StreamSender implements Sender {
  readonly #endpoint: Endpoint;
  readonly #target: NetConnectOpts;
  readonly #options: SenderOptions;
  #signal: AbortSignal | undefined;
  #socket: Socket | undefined;
  /** Writes whose callback hasn't been called. Even after a complete write, Node calls back a little later. */
  #callbacksDue = 0;
  #outstanding: { readonly lines: Buffer; readonly resolve: () => void } | undefined;
  #closing: Promise<void> | undefined;

  constructor(endpoint: Endpoint, target: NetConnectOpts, options: SenderOptions) {
    this.#endpoint = endpoint;
    this.#target = target;
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#connect(signal);
  }

  send(lines: Buffer): Backpressure {
    const socket = this.#socket;
    if (socket?.writable === true) return this.#write(socket, lines);
    return this.#reconnectAndWrite(lines);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write(socket: Socket, lines: Buffer): Backpressure {
    this.#callbacksDue++;
    socket.write(lines, this.#written);
    if (socket.errored !== null) {
      this.#options.unsent("broken", countLines(lines));
      return undefined;
    }
    if (socket.writableLength === 0) return undefined;
    return new Promise<void>((resolve) => {
      this.#outstanding = { lines, resolve };
    });
  }

  /** The same function for all writes, so that Node calls back for many of them at once. */
  readonly #written = (error?: Error | null): void => {
    this.#callbacksDue--;
    const outstanding = this.#outstanding;
    // Node calls back without an error for a write that destroy() aborted (onWriteComplete, stream_base_commons.js).
    const broken = Boolean(error) || this.#socket?.destroyed === true;
    if (outstanding === undefined || (this.#callbacksDue > 0 && !broken)) return;
    this.#outstanding = undefined;
    if (broken) this.#options.unsent("broken", countLines(outstanding.lines));
    outstanding.resolve();
  };

  async #reconnectAndWrite(lines: Buffer): Promise<void> {
    try {
      if (this.#closing !== undefined || this.#signal === undefined) throw new Error("send() on a sender not open");
      const socket = await this.#connect(this.#signal);
      await this.#write(socket, lines);
    } catch (error) {
      this.#options.unsent("broken", countLines(lines));
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    this.#socket?.destroy();
    const search = { endpoint: this.#endpoint, options: this.#options, signal };
    const socket = await findListener(search, () => connected(this.#target, signal));
    socket.resume(); // Input is read and dropped, so that the other side's close is seen.
    this.#callbacksDue = 0;
    this.#socket = socket;
    return socket;
  }

  async #close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.closed) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // A send that is still waiting is aborted; its write fails, so its lines are counted.
    if (this.#outstanding !== undefined || socket.destroyed) socket.destroy();
    else socket.end();
    // The kernel has all bytes; the other side's close confirms that it has read them. The wait for it is limited.
    const patience = setTimeout(() => socket.destroy(), CLOSE_ANSWER_MS_MAX);
    await closed;
    clearTimeout(patience);
  }
}

/** Opens a connection on which replies can arrive; the caller reads it. */
export function openConnection(search: ListenerSearch, target: NetConnectOpts): Promise<Socket> {
  return findListener(search, () => connected(target, search.signal));
}

/** A connected socket that isn't read yet. */
function connected(target: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const removeListeners = (): void => {
      signal.removeEventListener("abort", abort);
      socket.off("connect", succeed);
    };
    const succeed = (): void => {
      removeListeners();
      resolve(socket);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", succeed);
    // Later errors are also passed to the write that caused them; without this listener they would end the process.
    socket.on("error", (error) => {
      removeListeners();
      reject(error);
    });
  });
}
