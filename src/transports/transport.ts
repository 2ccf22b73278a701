import type { Socket } from "node:net";
import type { Backpressure } from "../core/backpressure.ts";
import type { ListenerCertificates, SenderCertificates, TlsSettings } from "../core/certificates.ts";
import type { Endpoint, InetEndpoint, PathEndpoint, PathRules } from "../core/endpoint.ts";
import type { MessageBatch } from "../core/message-batch.ts";
import type { PathAccess } from "../core/path-access.ts";
import type { Peer } from "../core/peer.ts";
import type { NamesOf } from "../core/transport-name.ts";
import type { DescriptorLink, LinkOptions } from "./shared/descriptor-link.ts";

/** What a transport promises; the conformance suite proves each claim. */
export interface TransportTraits<B extends Boundary = Boundary> {
  /** `stream`: chunks may split and join lines anywhere. `message`: each message consists of whole lines. */
  readonly boundary: B;
  /** `peer`: one channel per sender. `shared`: all senders arrive on one channel. */
  readonly channel: "peer" | "shared";
  /** What happens when the receiver is slower than the senders: they wait, or the kernel drops and counts messages. */
  readonly overload: "blocks" | "drops";
  /**
   * What happens to a writing sender when the listener closes. `exact`: the kernel refuses the sender's next write, and
   * everything accepted before is read. `asks`: the sender is asked to stop; if it continues, it is cut and counted.
   * `drops`: what it sends later is dropped and not counted.
   */
  readonly closing: "exact" | "asks" | "drops";
  /**
   * Largest send, including the LF, that stays whole beside other senders'; Infinity where a channel has one sender.
   */
  readonly atomicBytesMax: number;
}

/** One sender's bytes as they reach a listener, or all senders' on a shared channel. */
export interface Channel {
  /** Unique within its listener. */
  readonly id: number;
  /** Set where the channel belongs to one sender and replies can reach it. */
  readonly connection?: Connection;
}

/** A channel whose sender can get replies. */
export interface Connection {
  /** Sends whole lines back. A promise asks to send nothing more, except a last reply, until the sender has read. */
  reply(lines: Buffer): Backpressure;
  /** Who is at the other end. */
  peer(): Peer;
  /** Replaces the receiver: from now on, this one gets the bytes and the end. */
  handTo(receiver: StreamReceiver): void;
  /** Ends the channel after the replies so far; then its receiver's end() is called. */
  close(): void;
}

/** Receives one channel's bytes in order. */
export interface StreamReceiver {
  /** The chunk may start and end anywhere. Borrowed: valid during the call. A promise asks for a pause. */
  receive(chunk: Buffer): Backpressure;
  /** The channel has ended: an unterminated last line is complete now. */
  end(): void;
}

/** Receives one channel's messages in order. */
export interface MessageReceiver {
  /** Borrowed, as described at MessageBatch. A promise asks for a pause. */
  receiveBatch(batch: MessageBatch): Backpressure;
  /** The channel has ended. */
  end(): void;
}

interface Receivers {
  readonly stream: StreamReceiver;
  readonly message: MessageReceiver;
}

export type Boundary = keyof Receivers;

/** Returns the receiver of a new channel's bytes. */
export type Accept<B extends Boundary> = (channel: Channel) => Receivers[B];

/** Counters of one listener. A number that couldn't be read is null, never 0. */
export interface ListenerStats {
  /** Senders connected now; null where the transport can't know. */
  readonly senders: number | null;
  /** Connections accepted since listen(). */
  readonly accepted: number;
  /** Connections refused because the descriptor limit was near. The bytes that their senders had written are lost. */
  readonly refused: number;
  /** Senders that continued to write during close() until they were cut, or that lost bytes then. */
  readonly cutSenders: number;
  /** Bytes that the kernels had accepted from senders and that close() lost; null when that can't be known. */
  readonly cutBytes: number | null;
  /**
   * Messages that the kernel dropped because the receive buffer was full; null where that can't be known, 0 where it
   * can't happen.
   */
  readonly kernelDrops: number | null;
  /** After close(), where the descriptor was inherited: what the kernel keeps for its next reader. */
  readonly leftInQueue?: LeftInQueue | undefined;
  /** Connections closed because their TLS handshake failed; left out where there are no handshakes. */
  readonly failedHandshakes?: number;
}

/** What a listener didn't take from a socket or FIFO that stays open. Null where the kernel doesn't say how much. */
export interface LeftInQueue {
  readonly unit: "connections" | "messages" | "bytes";
  readonly count: number | null;
}

/** The result of listen(): the actual endpoint, and facts worth reporting to the user. */
export interface Listening {
  readonly endpoint: Endpoint;
  /** Bytes of the receive buffer that the kernel granted (udp). */
  readonly receiveBufferBytes?: number;
  /** Messages that the kernel queues for all senders together, where it limits their number. */
  readonly queuedMessages?: number | undefined;
  /** Whether another program had bound it. */
  readonly isInherited?: boolean;
  /** Messages that an inherited socket had dropped before (udp): other runs, or nobody, have counted them. */
  readonly earlierDrops?: number | null;
  /** Risks of this endpoint, each as subject, fact, remedy. */
  readonly warnings?: readonly string[];
  /** Problems that a user may want to fix, each as subject, fact, remedy. */
  readonly advice: readonly string[];
}

/**
 * One bound endpoint. listen() resolves once a sender can reach it. close() stops accepting, reads what the kernel had
 * accepted, ends every receiver and removes only a path that the listener created; it is idempotent. Of an inherited
 * descriptor, close() leaves what waits in the kernel's queue to the next reader. A listener that fails after listen()
 * reports through `ListenerOptions.fail`.
 */
export interface Listener extends AsyncDisposable {
  listen(): Promise<Listening>;
  stats(): ListenerStats;
  /** Uses these certificates for further connections (tcp with TLS). @throws Error when Node can't use them */
  renew?(certificates: ListenerCertificates): void;
  close(): Promise<void>;
}

export interface ListenerOptions<B extends Boundary> extends ListenerSettings {
  readonly accept: Accept<B>;
}

/** Decides about each connection. */
export interface ConnectionGate {
  /** Whether the connection may stay; if not, it is closed unread. If so, leave() is called at its end. */
  enter(peer: Peer): boolean;
  leave(peer: Peer): void;
}

/** The options that don't depend on the boundary. */
export interface ListenerSettings {
  /** Most connections at once. */
  readonly connectionsMax: number;
  /** Receive buffer to request (udp), bytes. */
  readonly receiveBufferBytes: number;
  /** Longest message to receive whole, unless the kernel has a lower limit, bytes. */
  readonly messageBytesMax: number;
  /**
   * A descriptor that is bound to the endpoint already, and listens where it is a stream's. The listener owns it, but
   * not what is behind it, which other processes have open too: it is neither shut down nor removed.
   */
  readonly inherited?: number | undefined;
  /** Who may use the path; left out, only its owner. No other listener has this. */
  readonly access?: PathAccess | undefined;
  /** Decides who may connect; left out, everybody who can. */
  readonly gate?: ConnectionGate | undefined;
  /** Left out, senders are neither encrypted nor authenticated. No other listener than tcp's has this. */
  readonly tls?: TlsSettings | undefined;
  /** Whether tcp without TLS may be reachable from other machines. */
  readonly insecure?: boolean;
  /** Whether message batches say who sent each message, which costs about 110 ns a message. */
  readonly identifies?: boolean;
  /**
   * Backpressure for all channels together: a promise asks the listener to read none of them until it resolves. Only
   * listeners with a channel per sender call it: with thousands of channels, one more chunk from each would be too
   * much.
   */
  backpressure?(): Backpressure;
  /**
   * Called at shutdown, after all bytes are read and before channels are closed: resolves when replies have been made.
   */
  flush?(): Promise<void>;
  /** The listener has failed and can't continue. Called at most once. */
  fail(error: Error): void;
}

export interface ConnectOptions {
  /** How long to try to reach a listener, milliseconds. */
  readonly waitMs: number;
  /** Called once, when an attempt fails and waiting begins. */
  waiting(reason: string): void;
  /** Speak TLS (tcp). Left out: send as it is. */
  readonly tls?: SenderCertificates | undefined;
}

export interface SenderOptions extends ConnectOptions {
  /** Reports lines that don't count as sent, though send() was given them, by class (see UnsentClass). */
  unsent(kind: UnsentClass, lines: number): void;
}

/**
 * Why a line doesn't count as sent: `tooLong` (longer than the transport's largest unit), `refused` (udp: nobody
 * listened), `broken` (the kernel never accepted the whole line), `inDoubt` (the kernel accepted it, and then the
 * connection was reset: nobody knows whether it arrived), `unacknowledged` (an acknowledgement was requested but never
 * arrived).
 */
export type UnsentClass = "tooLong" | "refused" | "broken" | "inDoubt" | "unacknowledged";

/**
 * Sends one producer's lines. open() resolves when a listener is reached. send() sends whole lines (bytes ending in
 * LF). If it returns undefined, the kernel has accepted everything and the caller may reuse the bytes at once; if it
 * returns a promise, they must not change until it resolves or rejects. `count` is the number of lines, where the
 * caller knows it. close() resolves when the kernel has everything that was sent.
 */
export interface Sender extends AsyncDisposable {
  open(signal: AbortSignal): Promise<void>;
  send(lines: Buffer, count?: number): Backpressure;
  close(): Promise<void>;
}

export interface Transport<E extends Endpoint, B extends Boundary> {
  readonly name: E["transport"];
  readonly traits: TransportTraits<B>;
  createListener(endpoint: E, options: ListenerOptions<B>): Listener;
  createSender(endpoint: E, options: SenderOptions): Sender;
  /**
   * Sends as the sender does, but waits for nothing, so that a program can send while it exits. Missing where a
   * transport has no descriptor.
   */
  createLink?(endpoint: E, options: LinkOptions): DescriptorLink;
  /**
   * Opens a connection on which the listener can reply. Missing where the transport works in one direction only.
   *
   * @throws OperationalError LISTENER_UNREACHABLE when nobody is reached within `waitMs`
   */
  connect?(endpoint: E, options: ConnectOptions, signal: AbortSignal): Promise<Socket>;
}

/** A transport whose address is a path. */
export interface PathTransport<Name extends NamesOf<"path">, B extends Boundary>
  extends Transport<PathEndpoint<Name>, B> {
  readonly path: PathRules;
}

/** A transport whose address is a host and a port. */
export type InetTransport<Name extends NamesOf<"inet">, B extends Boundary> = Transport<InetEndpoint<Name>, B>;

/** A transport that is known only at run time. */
export type AnyTransport = Transport<Endpoint, "stream"> | Transport<Endpoint, "message">;

/** Whether a transport's listeners need stream receivers. */
export function isStream(transport: AnyTransport): transport is Transport<Endpoint, "stream"> {
  return transport.traits.boundary === "stream";
}
