import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";

/** A client of a stream transport that writes as fast as it may. */
export class StreamClient {
  readonly #socket: Socket;
  #writing: Promise<void> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  }

  static async connect(endpoint: Endpoint): Promise<StreamClient> {
    const target: NetConnectOpts = isPathEndpoint(endpoint) ? { path: endpoint.path } : endpoint;
    const socket = connect(target);
    await once(socket, "connect");
    return new StreamClient(socket);
  }

  /** Bytes that the kernel has accepted. */
  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Resolves once the kernel has accepted the bytes. */
  write(bytes: Buffer): Promise<void> {
    this.#writing = new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    return this.#writing;
  }

  /** Ends its direction (FIN), and resolves once the other side has ended its own. */
  async end(): Promise<void> {
    await this.#writing;
    this.#socket.end();
    this.#socket.resume();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }
}
