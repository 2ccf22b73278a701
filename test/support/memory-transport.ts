import { setImmediate as nextTurn } from "node:timers/promises";
import { type Backpressure, Gate } from "../../src/core/backpressure.ts";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import { OperationalError } from "../../src/core/errors.ts";
import type { Listener, ListenerOptions, Listening, Sender, TransportTraits } from "../../src/transports/transport.ts";
import type { RawSender } from "./raw-sender.ts";
import type { Subject } from "./subject.ts";

const PIPE_BYTES = 64 * 1024;
const CHUNK_BYTES = 1000;
const PIECES_PER_TURN = 64;

/** What one channel's bytes wait in, as they would in a kernel: bounded, emptied a few a turn, never while paused. */
class MemoryPipe {
  readonly #queue: Buffer[] = [];
  readonly #room = new Gate();
  readonly #bytesMax: number;
  readonly #deliver: (bytes: Buffer) => Backpressure;
  readonly #everyone: () => Backpressure;
  #scratch = Buffer.alloc(CHUNK_BYTES);
  #bytes = 0;
  #pumping = false;
  #paused = false;

  /** @param everyone a promise while nobody's bytes are to be delivered */
  constructor(bytesMax: number, deliver: (bytes: Buffer) => Backpressure, everyone: () => Backpressure) {
    this.#bytesMax = bytesMax;
    this.#deliver = deliver;
    this.#everyone = everyone;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  get paused(): boolean {
    return this.#paused;
  }

  room(): Backpressure {
    return this.#room.pass();
  }

  put(piece: Buffer): void {
    this.#queue.push(Buffer.from(piece));
    this.#bytes += piece.length;
    if (this.full) this.#room.close();
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let count = 0; this.#queue.length > 0; count++) {
      if (count % PIECES_PER_TURN === 0) await nextTurn();
      for (let none = this.#everyone(); none !== undefined; none = this.#everyone()) await none;
      const backpressure = this.#lend(this.#queue.shift() ?? Buffer.alloc(0));
      this.#paused = backpressure !== undefined;
      await backpressure;
      this.#paused = false;
      if (!this.full) this.#room.open();
    }
    this.#pumping = false;
  }

  /** Lends the bytes and takes them back: whoever keeps them without copying finds them changed. */
  #lend(piece: Buffer): Backpressure {
    this.#bytes -= piece.length;
    if (piece.length > this.#scratch.length) this.#scratch = Buffer.alloc(piece.length);
    const lent = this.#scratch.subarray(0, piece.length);
    piece.copy(lent);
    const backpressure = this.#deliver(lent);
    lent.fill("#");
    return backpressure;
  }
}

class MemoryListener implements Listener {
  readonly #network: Map<number, MemoryListener>;
  readonly #traits: TransportTraits;
  readonly #options: ListenerOptions;
  readonly #ends = new Map<MemoryPipe, () => void>();
  #port: number;
  #shared: MemoryPipe | undefined;
  #accepted = 0;
  #refused = 0;
  #drops = 0;
  #listening = false;

  constructor(
    network: Map<number, MemoryListener>,
    traits: TransportTraits,
    endpoint: Endpoint,
    options: ListenerOptions,
  ) {
    this.#network = network;
    this.#traits = traits;
    this.#options = options;
    this.#port = isPathEndpoint(endpoint) ? Number.NaN : endpoint.port;
  }

  async listen(): Promise<Listening> {
    while (this.#port === 0 || Number.isNaN(this.#port)) {
      const free = 1 + Math.floor(Math.random() * 65_535);
      if (!this.#network.has(free)) this.#port = free;
    }
    if (this.#network.has(this.#port)) {
      const message = `memory:${this.#port} is served by pid ${process.pid}; stop it or pass another address`;
      throw new OperationalError("ADDRESS_IN_USE", message);
    }
    this.#network.set(this.#port, this);
    this.#listening = true;
    if (this.#traits.channel === "shared") this.#shared = this.#open();
    return { endpoint: { transport: "tcp", host: "memory", port: this.#port }, holds: () => 0, advice: [] };
  }

  stats() {
    const senders = this.#traits.channel === "peer" ? this.#ends.size : null;
    return { senders, accepted: this.#accepted, refused: this.#refused, kernelDrops: this.#drops };
  }

  async close(): Promise<void> {
    if (!this.#listening) return;
    this.#listening = false;
    this.#network.delete(this.#port);
    const busy = (): boolean => [...this.#ends.keys()].some((pipe) => pipe.bytes > 0 && !pipe.paused);
    while (busy()) await nextTurn();
    for (const pipe of [...this.#ends.keys()]) this.hangUp(pipe);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A pipe for one more sender; undefined when there are enough. */
  connect(): MemoryPipe | undefined {
    if (this.#shared !== undefined) return this.#shared;
    if (this.#ends.size < this.#options.connectionsMax) return this.#open();
    this.#refused++;
    return undefined;
  }

  /** Takes a message or a part of a stream; false when there is no room. @throws once the listener is closed */
  take(pipe: MemoryPipe, bytes: Buffer): boolean {
    if (!this.#listening) throw new OperationalError("LISTENER_UNREACHABLE", "nobody listens; start a listener");
    if (!pipe.full) pipe.put(bytes);
    else if (this.#traits.overload === "drops") this.#drops++;
    else return false;
    return true;
  }

  async finish(pipe: MemoryPipe): Promise<void> {
    if (pipe === this.#shared) return;
    while (pipe.bytes > 0) await (pipe.room() ?? nextTurn());
    this.hangUp(pipe);
  }

  hangUp(pipe: MemoryPipe): void {
    this.#ends.get(pipe)?.();
    this.#ends.delete(pipe);
  }

  #open(): MemoryPipe {
    const receiver = this.#options.accept({ id: ++this.#accepted });
    const bytesMax = this.#traits.overload === "drops" ? this.#options.receiveBufferBytes : PIPE_BYTES;
    const pipe = new MemoryPipe(
      bytesMax,
      (bytes) => receiver.receive(bytes),
      () => (this.#traits.channel === "peer" ? this.#options.room?.() : undefined),
    );
    this.#ends.set(pipe, () => receiver.end());
    return pipe;
  }
}

function memorySender(find: () => MemoryListener | undefined, traits: TransportTraits): Sender {
  let listener: MemoryListener | undefined;
  let pipe: MemoryPipe | undefined;
  const send = async (pieces: readonly Buffer[]): Promise<void> => {
    for (const piece of pieces) {
      while (pipe !== undefined && listener?.take(pipe, piece) === false) await pipe.room();
    }
  };
  const close = async (): Promise<void> => {
    if (pipe !== undefined) await listener?.finish(pipe);
    pipe = undefined;
  };
  return {
    open: async () => {
      listener = find();
      pipe = listener?.connect();
      if (pipe === undefined) throw new OperationalError("LISTENER_UNREACHABLE", "nobody listens; start a listener");
    },
    send: (lines) => send(traits.boundary === "stream" ? pieces(lines) : lineMessages(lines)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pieces(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)));
}

function lineMessages(lines: Buffer): Buffer[] {
  return lines
    .toString("latin1")
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, "latin1"));
}

/** A transport without a kernel: it shows that the contract asks for nothing that only sockets have. */
export function memorySubject(traits: TransportTraits): Subject {
  const network = new Map<number, MemoryListener>();
  const find = (endpoint: Endpoint) => network.get(isPathEndpoint(endpoint) ? Number.NaN : endpoint.port);
  return {
    transport: {
      traits,
      createListener: (endpoint, options) => new MemoryListener(network, traits, endpoint, options),
      createSender: (endpoint) => memorySender(() => find(endpoint), traits),
    },
    addressKind: "inet",
    registered: false,
    freshEndpoint: () => ({ transport: "tcp", host: "memory", port: 0 }),
    openRawSender: (endpoint): RawSender => {
      const listener = find(endpoint);
      const pipe = listener?.connect();
      return {
        write: (text) => {
          if (pipe === undefined || listener?.take(pipe, Buffer.from(text, "latin1")) !== true) throw new Error("full");
        },
        close: () => {
          if (pipe !== undefined) void listener?.finish(pipe);
        },
      };
    },
  };
}
