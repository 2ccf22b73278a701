import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Transform, type TransformCallback } from "node:stream";
import { freePort } from "./nats/free-port.ts";

/** What a proxy does to a connection. */
export interface ProxyFate {
  /** Each chunk of either side arrives so much later. */
  readonly delayMs?: number;
  /** Bytes from the server, after which the connection ends, or no longer passes anything on in either direction. */
  readonly answerBytes?: number;
  readonly end?: "cut" | "silence";
}

/** A TCP proxy that delays connections, cuts them, or leaves them half open. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  /** Connections that met their end. */
  ended = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, target: () => number, fate: () => ProxyFate) {
    this.port = port;
    this.#server = createServer((client) => this.#pass(client, connect(target(), "127.0.0.1"), fate()));
  }

  /** @param target asked for the server's port at each connection @param fate asked at each connection */
  static async start(target: () => number, fate: () => ProxyFate): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), target, fate);
    await once(proxy.#server.listen(proxy.port, "127.0.0.1"), "listening");
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #pass(client: Socket, server: Socket, { delayMs = 0, answerBytes = Number.POSITIVE_INFINITY, end }: ProxyFate): void {
    const both = [client, server];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    let answered = 0;
    server.on("data", (chunk: Buffer) => {
      if (answered >= answerBytes) return;
      answered += chunk.length;
      if (answered < answerBytes) return;
      this.ended++;
      if (end === "cut") for (const socket of both) socket.resetAndDestroy();
      else for (const socket of both) socket.unpipe().pause();
    });
    client.pipe(new Delay(delayMs)).pipe(server);
    server.pipe(new Delay(delayMs)).pipe(client);
  }
}

/** Passes chunks on in their order, each a fixed time after it came. */
class Delay extends Transform {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#ms === 0) done(null, chunk);
    else setTimeout(() => done(null, chunk), this.#ms);
  }
}
