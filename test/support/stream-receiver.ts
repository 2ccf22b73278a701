import { once } from "node:events";
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A plain Node server, for unixsock and tcp, that keeps what it receives. */
export class StreamReceiver {
  readonly #server: Server;
  readonly #chunks: Buffer[] = [];
  readonly #sockets: Set<Socket> = new Set();
  #lines = 0;
  #watch: (() => void) | undefined;

  private constructor(isPaused: boolean) {
    this.#server = createServer({ pauseOnConnect: isPaused }, (socket) => this.#receive(socket));
    onTestFinished(() => this.stop());
  }

  /** With `paused` it accepts connections and doesn't read from them. */
  static async listen(options: ListenOptions, behaviour: { paused?: boolean } = {}): Promise<StreamReceiver> {
    const receiver = new StreamReceiver(behaviour.paused === true);
    receiver.#server.listen(options);
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" ? (address?.port ?? 0) : 0;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Resolves once this many lines have arrived. */
  async lines(count: number): Promise<void> {
    while (this.#lines < count) {
      await new Promise<void>((resolve) => {
        this.#watch = resolve;
      });
    }
  }

  /** Stops listening and breaks all connections; a unix path is removed. */
  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #receive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    if (socket.isPaused()) return;
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      for (const byte of chunk) if (byte === 0x0a) this.#lines++;
      this.#watch?.();
    });
  }
}
