import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { errnoOf } from "../../core/errors.ts";
import { FIFO_READ_BYTES } from "../../core/tuning.ts";
import { NameWatch } from "../../os/name-watch.ts";
import { openAnchor } from "../../os/pipe.ts";
import type { Listener, ListenerOptions, ListenerStats, Listening } from "../transport.ts";
import { FifoFile } from "./fifo-file.ts";
import { FifoReader } from "./fifo-reader.ts";
import { InheritedFifoListener } from "./inherited-listener.ts";

/** A deleted FIFO is created again after this pause, so that another program can create one in its place. */
const RECREATE_MS = 50;

export function createListener(endpoint: PathEndpoint, options: ListenerOptions<"stream">): Listener {
  const { inherited } = options;
  return inherited === undefined
    ? new FifoListener(endpoint, options)
    : new InheritedFifoListener(inherited, { endpoint, advice: [] }, options);
}

/** The FIFO that is at the path now. */
interface CurrentFifo {
  readonly file: FifoFile;
  readonly reader: FifoReader;
  /** Undefined where the system doesn't permit watching. */
  readonly watch: NameWatch | undefined;
}

/** Reads the FIFO at a path, and when it is deleted or replaced, the next one. */
class FifoListener implements Listener {
  readonly #endpoint: PathEndpoint;
  readonly #options: ListenerOptions<"stream">;
  readonly #memory = Buffer.allocUnsafeSlow(FIFO_READ_BYTES);
  /** The current reader, and those whose FIFO has lost its name but still has writers. */
  readonly #readers = new Set<FifoReader>();
  readonly #advice: string[] = [];
  #current: CurrentFifo | undefined;
  #reopening: NodeJS.Timeout | undefined;
  /** Each resolves when what was in a replaced FIFO is read, to the bytes that were left. */
  readonly #former: Promise<number>[] = [];
  #channels = 0;
  #cutBytes = 0;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor(endpoint: PathEndpoint, options: ListenerOptions<"stream">) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  async listen(): Promise<Listening> {
    this.#open();
    return { endpoint: this.#endpoint, advice: this.#advice };
  }

  stats(): ListenerStats {
    const cut = { cutSenders: this.#cutBytes > 0 ? 1 : 0, cutBytes: this.#cutBytes }; // nobody counts the writers
    return { senders: null, accepted: 0, refused: 0, ...cut, kernelDrops: 0 };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#reopening);
    this.#current?.watch?.close();
    this.#current?.file.remove();
    const left = await Promise.all([...this.#former, ...[...this.#readers].map((reader) => reader.close())]);
    this.#cutBytes = left.reduce((sum, bytes) => sum + bytes, 0);
  }

  #open(): void {
    const file = FifoFile.open(this.#endpoint.path, this.#options.access);
    for (const fd of file.former) this.#former.push(this.#reader({ fd, anchor: openAnchor(fd) }).close());
    const reader = this.#reader(file);
    this.#readers.add(reader);
    this.#current = { file, reader, watch: this.#watch(file) };
  }

  #reader(file: Pick<FifoFile, "fd" | "anchor">): FifoReader {
    const reader: FifoReader = new FifoReader(file, {
      memory: this.#memory,
      accept: () => this.#options.accept({ id: ++this.#channels }),
      lastWriterGone: () => this.#checkPath(),
      ended: () => this.#readers.delete(reader),
      fail: (error) => this.#fail(error),
    });
    return reader;
  }

  #watch(file: FifoFile): NameWatch | undefined {
    try {
      return new NameWatch(file.fd, dirname(file.path), () => this.#checkPath());
    } catch (error) {
      this.#advice.push(
        `fifo ${file.path} can't be watched (${errnoOf(error)}), so its replacement is noticed only when a writer ends; ` +
          "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches",
      );
      return undefined;
    }
  }

  /** Switches to the next FIFO when the current one isn't at the path any more. */
  #checkPath(): void {
    if (this.#current === undefined || this.#current.file.hasName()) return;
    const { reader, watch } = this.#current;
    this.#current = undefined;
    watch?.close();
    reader.retire();
    const pauseMs = existsSync(this.#endpoint.path) ? 0 : RECREATE_MS;
    this.#reopening = setTimeout(() => this.#reopen(), pauseMs);
  }

  #reopen(): void {
    try {
      this.#open();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.fail(error);
  }
}
