import type { SequenceName } from "../acks/sending/acked-connection.ts";
import { AckedSender } from "../acks/sending/acked-sender.ts";
import type { SenderCertificates } from "../core/certificates.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { orList } from "../core/word-list.ts";
import { namesWhere, transportOf } from "../transports/registry.ts";
import type { Sender } from "../transports/transport.ts";
import { type LongLine, Outlet } from "./outlet.ts";

/**
 * Called when something happens to a sender's lines. Each is called at most once, except waiting(), which is called
 * whenever a wait begins.
 */
export interface SenderEvents {
  waiting(reason: string): void;
  /** The line was longer than the transport allows, `bytesMax` with its LF. */
  tooLong(line: LongLine, bytesMax: number): void;
  /** The aggregator doesn't store lines longer than this, LF not counted, and some lines were longer. */
  notStored(lineBytesMax: number): void;
  /** Lines, counted from 0, that were never acknowledged. */
  unacknowledged(first: number, last: number): void;
}

export interface OutletOptions {
  readonly endpoint: Endpoint;
  /** How long to try to reach an aggregator, at the start and after a lost connection. */
  readonly waitMs: number;
  /** Keep each line until it is acknowledged, under this name for the sequence of lines. */
  readonly acknowledgedAs: SequenceName | undefined;
  /** Speak TLS with these (tcp); undefined: send lines as they are. */
  readonly tls: SenderCertificates | undefined;
  readonly events: SenderEvents;
}

/** An outlet and its sender, which is still to be opened. */
export interface AttachedOutlet {
  readonly outlet: Outlet;
  readonly sender: Sender;
  /** Why lines can't be acknowledged any more; undefined while they can. */
  gaveUp(): unknown;
}

/** @throws OperationalError USAGE when acknowledgements are asked for and the transport has no return channel */
export function attachedOutlet(options: OutletOptions): AttachedOutlet {
  const { traits } = transportOf(options.endpoint);
  const outlet = new Outlet((line) => options.events.tooLong(line, traits.atomicBytesMax));
  let reason: unknown;
  const sender = senderOf(options, outlet, (error) => {
    reason = error;
  });
  outlet.attach(sender);
  return { outlet, sender, gaveUp: () => reason };
}

function senderOf(options: OutletOptions, outlet: Outlet, gaveUp: (error: unknown) => void): Sender {
  const { endpoint, waitMs, events, acknowledgedAs, tls } = options;
  const transport = transportOf(endpoint);
  const search = { waitMs, tls, waiting: (reason: string) => events.waiting(reason) };
  if (acknowledgedAs === undefined) {
    return transport.createSender(endpoint, { ...search, unsent: (kind, lines) => outlet.unsent(kind, lines) });
  }
  const { connect } = transport;
  if (connect === undefined) {
    const others = orList(namesWhere((other) => other.connect !== undefined));
    throw new OperationalError("USAGE", `${transport.name} can't carry acknowledgements; use ${others}`);
  }
  return new AckedSender({
    name: acknowledgedAs,
    connect: (signal) => connect(endpoint, search, signal),
    waitMs,
    tooLong: (lines, lineBytesMax) => {
      if (outlet.tally.unsent.tooLong === 0) events.notStored(lineBytesMax);
      outlet.notStored(lines);
    },
    unacknowledged: (first, last) => {
      outlet.unsent("unacknowledged", last - first + 1);
      events.unacknowledged(first, last);
    },
    gaveUp,
  });
}
