import { setImmediate as nextIteration } from "node:timers/promises";
import type { Backpressure } from "../../src/core/backpressure.ts";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import { OperationalError } from "../../src/core/errors.ts";
import type {
  AnyTransport,
  Channel,
  Listener,
  ListenerOptions,
  ListenerSettings,
  Listening,
  MessageReceiver,
  Sender,
  StreamReceiver,
  TransportTraits,
} from "../../src/transports/transport.ts";
import { CHUNK_BYTES, MemoryPipe } from "./memory-pipe.ts";
import { messageBatch } from "./message-batch.ts";
import type { RawSender } from "./raw-sender.ts";
import type { Subject } from "./subject.ts";

const PIPE_BYTES = 64 * 1024;

/** What receives a channel's bytes, as chunks of a stream or as messages. */
interface Input {
  receive(bytes: Buffer): Backpressure;
  end(): void;
}

interface MemoryOptions extends ListenerSettings {
  accept(channel: Channel): Input;
}

/** What stands for the kernel: the listeners by port, and the traits that all of them have. */
interface MemoryNetwork {
  readonly traits: TransportTraits;
  readonly listeners: Map<number, MemoryListener>;
}

class MemoryListener implements Listener {
  readonly #listeners: Map<number, MemoryListener>;
  readonly #traits: TransportTraits;
  readonly #options: MemoryOptions;
  readonly #ends = new Map<MemoryPipe, () => void>();
  #port: number;
  #shared: MemoryPipe | undefined;
  #accepted = 0;
  #refused = 0;
  #drops = 0;
  #listening = false;

  constructor({ listeners, traits }: MemoryNetwork, endpoint: Endpoint, options: MemoryOptions) {
    this.#listeners = listeners;
    this.#traits = traits;
    this.#options = options;
    this.#port = isPathEndpoint(endpoint) ? Number.NaN : endpoint.port;
  }

  async listen(): Promise<Listening> {
    while (this.#port === 0 || Number.isNaN(this.#port)) {
      const free = 1 + Math.floor(Math.random() * 65_535);
      if (!this.#listeners.has(free)) this.#port = free;
    }
    if (this.#listeners.has(this.#port)) {
      const message = `memory:${this.#port} is served by pid ${process.pid}; stop it or pass another address`;
      throw new OperationalError("ADDRESS_IN_USE", message);
    }
    this.#listeners.set(this.#port, this);
    this.#listening = true;
    if (this.#traits.channel === "shared") this.#shared = this.#open();
    return { endpoint: { transport: "tcp", host: "memory", port: this.#port }, advice: [] };
  }

  stats() {
    const senders = this.#traits.channel === "peer" ? this.#ends.size : null;
    const counts = { accepted: this.#accepted, refused: this.#refused, cutSenders: 0, cutBytes: 0 };
    return { senders, ...counts, kernelDrops: this.#drops };
  }

  async close(): Promise<void> {
    if (!this.#listening) return;
    this.#listening = false;
    this.#listeners.delete(this.#port);
    const busy = (): boolean => [...this.#ends.keys()].some((pipe) => pipe.bytes > 0 && !pipe.paused);
    while (busy()) await nextIteration();
    for (const pipe of [...this.#ends.keys()]) this.hangUp(pipe);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A pipe for one more sender; undefined when connectionsMax is reached. */
  connect(): MemoryPipe | undefined {
    if (this.#shared !== undefined) return this.#shared;
    if (this.#ends.size < this.#options.connectionsMax) return this.#open();
    this.#refused++;
    return undefined;
  }

  /** Accepts a message or a part of a stream; false when the pipe is full. @throws once the listener is closed */
  offer(pipe: MemoryPipe, bytes: Buffer): boolean {
    if (!this.#listening) throw new OperationalError("LISTENER_UNREACHABLE", "nobody listens; start a listener");
    if (!pipe.full) pipe.put(bytes);
    else if (this.#traits.overload === "drops") this.#drops++;
    else return false;
    return true;
  }

  async finish(pipe: MemoryPipe): Promise<void> {
    if (pipe === this.#shared) return;
    while (pipe.bytes > 0) await (pipe.writable() ?? nextIteration());
    this.hangUp(pipe);
  }

  hangUp(pipe: MemoryPipe): void {
    this.#ends.get(pipe)?.();
    this.#ends.delete(pipe);
  }

  #open(): MemoryPipe {
    const input = this.#options.accept({ id: ++this.#accepted });
    const bytesMax = this.#traits.overload === "drops" ? this.#options.receiveBufferBytes : PIPE_BYTES;
    const pipe = new MemoryPipe(
      bytesMax,
      (bytes) => input.receive(bytes),
      () => (this.#traits.channel === "peer" ? this.#options.backpressure?.() : undefined),
    );
    this.#ends.set(pipe, () => input.end());
    return pipe;
  }
}

function memorySender(find: () => MemoryListener | undefined, traits: TransportTraits): Sender {
  let listener: MemoryListener | undefined;
  let pipe: MemoryPipe | undefined;
  const send = async (parts: readonly Buffer[]): Promise<void> => {
    for (const part of parts) {
      while (pipe !== undefined && listener?.offer(pipe, part) === false) await pipe.writable();
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
    send: (lines) => send(traits.boundary === "stream" ? chunksOf(lines) : lineMessages(lines)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function chunksOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)));
}

function lineMessages(lines: Buffer): Buffer[] {
  return lines
    .toString("latin1")
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, "latin1"));
}

function chunksFor(receiver: StreamReceiver): Input {
  return { receive: (chunk) => receiver.receive(chunk), end: () => receiver.end() };
}

/** Each message in a batch of its own. */
function messagesFor(receiver: MessageReceiver): Input {
  return {
    receive: (message) => receiver.receiveBatch(messageBatch([message], message.length + 2)),
    end: () => receiver.end(),
  };
}

function memoryTransport(network: MemoryNetwork): AnyTransport {
  const name = "tcp";
  const { traits } = network;
  const createSender = (endpoint: Endpoint) => memorySender(() => find(network, endpoint), traits);
  const listener = (endpoint: Endpoint, options: MemoryOptions) => new MemoryListener(network, endpoint, options);
  if (traits.boundary === "stream") {
    return {
      name,
      traits: { ...traits, boundary: traits.boundary },
      createListener: (endpoint: Endpoint, options: ListenerOptions<"stream">) =>
        listener(endpoint, { ...options, accept: (channel) => chunksFor(options.accept(channel)) }),
      createSender,
    };
  }
  return {
    name,
    traits: { ...traits, boundary: traits.boundary },
    createListener: (endpoint: Endpoint, options: ListenerOptions<"message">) =>
      listener(endpoint, { ...options, accept: (channel) => messagesFor(options.accept(channel)) }),
    createSender,
  };
}

function find({ listeners }: MemoryNetwork, endpoint: Endpoint): MemoryListener | undefined {
  return listeners.get(isPathEndpoint(endpoint) ? Number.NaN : endpoint.port);
}

/** A transport without a kernel: it shows that the contract asks for nothing that only sockets have. */
export function memorySubject(traits: TransportTraits): Subject {
  const network: MemoryNetwork = { traits, listeners: new Map() };
  return {
    transport: memoryTransport(network),
    addressKind: "inet",
    isReadable: true,
    registered: false,
    freshEndpoint: () => ({ transport: "tcp", host: "memory", port: 0 }),
    openRawSender: (endpoint): RawSender => {
      const listener = find(network, endpoint);
      const pipe = listener?.connect();
      return {
        write: (text) => {
          if (pipe === undefined || listener?.offer(pipe, Buffer.from(text, "latin1")) !== true)
            throw new Error("full");
        },
        close: () => {
          if (pipe !== undefined) void listener?.finish(pipe);
        },
      };
    },
  };
}
