import type { Socket } from "node:net";
import type { Backpressure } from "../core/backpressure.ts";
import type { Endpoint, InetEndpoint, PathEndpoint, PathRules } from "../core/endpoint.ts";
import type { MessageBatch } from "../core/message-batch.ts";
import type { NamesOf } from "../core/transport-name.ts";

/** What a transport promises; the conformance suite proves each claim. */
export interface TransportTraits<B extends Boundary = Boundary> {
  /** `stream`: lines may be cut anywhere and joined. `message`: each message holds whole lines. */
  readonly boundary: B;
  /** `peer`: one channel per sender. `shared`: all senders arrive on one channel. */
  readonly channel: "peer" | "shared";
  /** What a sender meets when the receiver is slower: it waits, or the kernel drops and counts. */
  readonly overload: "blocks" | "drops";
  /**
   * What a sender that writes meets when the listener closes. `exact`: its kernel refuses the next write, and all that
   * was accepted before is read. `asks`: it is asked to stop, and cut and counted when it goes on. `drops`: what it
   * sends later is dropped and not counted.
   */
  readonly closing: "exact" | "asks" | "drops";
  /** Most bytes, LF included, that one send keeps whole beside other senders; Infinity where a channel has one sender. */
  readonly atomicBytesMax: number;
}

/** One sender's way in (or everyone's, on a shared channel). */
export interface Channel {
  /** Unique within its listener. */
  readonly id: number;
  /** Where the channel is one sender's own, and leads back to it. */
  readonly connection?: Connection;
}

/** A channel whose sender can be answered. */
export interface Connection {
  /** Sends whole lines back. A promise asks to send nothing more, except a last reply, until the sender has read. */
  reply(lines: Buffer): Backpressure;
  /** The user at the other end, where the kernel vouches for it. */
  uid(): number | undefined;
  /** From now on this receiver takes what comes, and the end. */
  handTo(receiver: StreamReceiver): void;
  /** Ends the channel, after what was replied; its receiver's end() follows. */
  close(): void;
}

/** Takes one channel's bytes in the order in which they came. */
export interface StreamReceiver {
  /** Bytes that may be cut anywhere, borrowed: valid only during the call. A promise asks for a pause. */
  receive(chunk: Buffer): Backpressure;
  /** The channel is over: an unterminated last line is complete now. */
  end(): void;
}

/** Takes one channel's messages in the order in which they came. */
export interface MessageReceiver {
  /** Borrowed, as a MessageBatch says. A promise asks for a pause. */
  receiveBatch(batch: MessageBatch): Backpressure;
  /** The channel is over. */
  end(): void;
}

interface Receivers {
  readonly stream: StreamReceiver;
  readonly message: MessageReceiver;
}

export type Boundary = keyof Receivers;

/** Gives a channel what takes its bytes. */
export type Accept<B extends Boundary> = (channel: Channel) => Receivers[B];

/** Counters of one listener. A number that couldn't be read is null, never 0. */
export interface ListenerStats {
  /** Senders connected now; null where the transport can't tell. */
  readonly senders: number | null;
  /** Connections accepted since listen(). */
  readonly accepted: number;
  /** Connections refused because the descriptor limit was near. What their senders had written is lost. */
  readonly refused: number;
  /** Senders that went on writing at close() until they were cut, or of which bytes were lost then. */
  readonly cutSenders: number;
  /** Bytes that the kernels had accepted from senders and that were lost at close(); null when that can't be known. */
  readonly cutBytes: number | null;
  /** Messages the kernel dropped because the receive buffer was full; null where it can't be known. 0 where it can't happen. */
  readonly kernelDrops: number | null;
}

/** @param lineBytes length of a line, or of a message where it holds several @returns 0 where it isn't known */
export type KernelCapacity = (lineBytes: number) => number;

/** What listen() found out: the real endpoint, and facts worth telling the user. */
export interface Listening {
  readonly endpoint: Endpoint;
  /** Bytes of receive buffer the kernel granted (udp). */
  readonly receiveBufferBytes?: number;
  /**
   * Bytes that the kernel holds before a sender waits or messages are dropped, when lines are this long: of each sender on
   * a `peer` channel, of all together on a `shared` one.
   */
  readonly kernelCapacity: KernelCapacity;
  /** Dangers in how the endpoint is set up, each subject, fact, remedy. */
  readonly warnings?: readonly string[];
  /** Problems that a user may want to fix, each as subject, fact, remedy. */
  readonly advice: readonly string[];
}

/**
 * One bound endpoint. listen() resolves once a sender can reach it. close() stops accepting, reads what the kernel had
 * accepted, ends every receiver and removes only the path it made; it is idempotent. A listener that fails after
 * listen() reports through `ListenerOptions.fail`.
 */
export interface Listener extends AsyncDisposable {
  listen(): Promise<Listening>;
  stats(): ListenerStats;
  close(): Promise<void>;
}

export interface ListenerOptions<B extends Boundary> extends ListenerSettings {
  readonly accept: Accept<B>;
}

/** What doesn't depend on the boundary. */
export interface ListenerSettings {
  /** Most connections at once. */
  readonly connectionsMax: number;
  /** Receive buffer to ask for (udp), bytes. */
  readonly receiveBufferBytes: number;
  /** Longest message to make room for where the kernel sets no lower limit, bytes. */
  readonly messageBytesMax: number;
  /**
   * Backpressure for all channels together: a promise asks that none is read until it settles. Listeners with a channel per sender
   * ask, because thousands of channels with a chunk each would be as many chunks too many.
   */
  backpressure?(): Backpressure;
  /** Called at shutdown, when all bytes are read and before channels are closed: resolves when replies have been made. */
  settle?(): Promise<void>;
  /** The listener can't go on. Called at most once. */
  fail(error: Error): void;
}

export interface ConnectOptions {
  /** How long to go on trying to reach a listener before giving up, milliseconds. */
  readonly waitMs: number;
  /** Told once when an attempt fails and waiting begins. */
  waiting(reason: string): void;
}

export interface SenderOptions extends ConnectOptions {
  /** Lines the transport could not deliver, by class (see UnsentClass). */
  unsent(kind: UnsentClass, lines: number): void;
}

/**
 * Why a line did not leave: `tooLong` for the transport's largest unit, `refused` (udp: nobody listened),
 * `broken` (the connection ended while the line was on its way), `unacknowledged` (an acknowledgement was asked for and
 * never came).
 */
export type UnsentClass = "tooLong" | "refused" | "broken" | "unacknowledged";

/**
 * One producer's way out. open() resolves when a listener is reached. send() takes whole lines (bytes ending in LF). When
 * it returns undefined the kernel has taken everything and the caller may reuse the bytes at once; when it returns a
 * promise, they must not change before that settles. close() resolves when all that was sent is in the kernel's hands.
 */
export interface Sender extends AsyncDisposable {
  open(signal: AbortSignal): Promise<void>;
  send(lines: Buffer): Backpressure;
  close(): Promise<void>;
}

export interface Transport<E extends Endpoint, B extends Boundary> {
  readonly name: E["transport"];
  readonly traits: TransportTraits<B>;
  createListener(endpoint: E, options: ListenerOptions<B>): Listener;
  createSender(endpoint: E, options: SenderOptions): Sender;
  /**
   * A connection to a listener that can also be heard, where the transport has a way back.
   *
   * @throws OperationalError LISTENER_UNREACHABLE when nobody is reached within `waitMs`
   */
  connect?(endpoint: E, options: ConnectOptions, signal: AbortSignal): Promise<Socket>;
}

/** A transport whose address is a file's name. */
export interface PathTransport<Name extends NamesOf<"path">, B extends Boundary>
  extends Transport<PathEndpoint<Name>, B> {
  readonly path: PathRules;
}

/** A transport whose address is a host and a port. */
export type InetTransport<Name extends NamesOf<"inet">, B extends Boundary> = Transport<InetEndpoint<Name>, B>;

/** A transport of which only the endpoint will tell which it is. */
export type AnyTransport = Transport<Endpoint, "stream"> | Transport<Endpoint, "message">;

/** Whether a transport's listeners want receivers of streams. */
export function isStream(transport: AnyTransport): transport is Transport<Endpoint, "stream"> {
  return transport.traits.boundary === "stream";
}
