import { PRODUCER_BYTES_MAX } from "../acks/protocol.ts";
import { refuseNoEndpoint } from "../addresses/named-endpoint.ts";
import { refuseUnless, refuseUnlessObject } from "../core/argument.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { SENDER_QUEUE_BYTES_MAX, WAIT_MS_DEFAULT } from "../core/limits.ts";
import { LogSender } from "./log-sender.ts";
import { attachedOutlet, type SenderEvents } from "./open-outlet.ts";
import { newRunName } from "./run-name.ts";
import { type SenderTlsOptions, senderCertificates } from "./sender-tls.ts";
import { sendingEndpoint } from "./sending-endpoint.ts";

export interface SenderOptions {
  /** How long to try to reach an aggregator, at the start and when it is gone, milliseconds. */
  readonly waitMs?: number | undefined;
  /**
   * Keep each line until the aggregator has acknowledged it (unixsock, tcp). `id` names this sender, 1 to 128 bytes.
   */
  readonly ack?: { readonly id: string } | undefined;
  /** Speak TLS 1.3 (tcp). Default: send lines as they are. */
  readonly tls?: SenderTlsOptions | undefined;
  /**
   * Most bytes of lines that are queued while an earlier send waits. Further lines are not sent and count as
   * `overflow`.
   */
  readonly queueBytesMax?: number | undefined;
  /** Ends the wait for an aggregator when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where default addresses come from (XDG_RUNTIME_DIR). Pass process.env to send to where the commands listen by
   * default.
   */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Called when something happens. None may throw. */
  readonly events?: Partial<SenderEvents> | undefined;
}

const SILENT: SenderEvents = { waiting() {}, tooLong() {}, notStored() {}, unacknowledged() {} };

/**
 * Opens a sender to an aggregator. Resolves when lines can be sent.
 *
 * @param to `transport[=address]`, as the command takes it, or an endpoint
 * @throws OperationalError USAGE or ADDRESS_INVALID for an option or address that can't be used, LISTENER_UNREACHABLE
 *   when no aggregator was found in time
 */
export async function createSender(to: string | Endpoint, options: SenderOptions = {}): Promise<LogSender> {
  refuseNoEndpoint("to", to);
  refuseUnlessObject({ name: "options", value: options, wanted: "an object" });
  const { waitMs = WAIT_MS_DEFAULT, queueBytesMax = SENDER_QUEUE_BYTES_MAX, ack } = options;
  const endpoint = typeof to === "string" ? sendingEndpoint(to, options.environment ?? {}) : to;
  if (ack !== undefined) refuseUnusableId(ack);
  const acknowledgedAs = ack === undefined ? undefined : { producer: ack.id, run: newRunName() };
  const events = { ...SILENT, ...options.events };
  if (options.tls !== undefined) refuseUnlessObject({ name: "tls", value: options.tls, wanted: "an object" });
  const tls = senderCertificates(options.tls, endpoint);
  const attached = attachedOutlet({ endpoint, waitMs, acknowledgedAs, tls, events });
  const end = new AbortController();
  const { signal } = options;
  try {
    await attached.sender.open(signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]));
  } catch (error) {
    await attached.sender.close();
    throw error;
  }
  return new LogSender({ ...attached, endpoint, waitMs, queueBytesMax, end });
}

/** For programs that are not type-checked, too. */
function refuseUnusableId(ack: { readonly id: string }): void {
  refuseUnlessObject({ name: "ack", value: ack, wanted: "an object with id" });
  const { id } = ack;
  const wanted = `a string of 1 to ${PRODUCER_BYTES_MAX} bytes`;
  refuseUnless(typeof id === "string", { name: "ack.id", value: id, wanted });
  const bytes = Buffer.byteLength(id);
  if (bytes > 0 && bytes <= PRODUCER_BYTES_MAX) return;
  throw new OperationalError("USAGE", `ack.id has ${bytes} bytes; pass one of 1 to ${PRODUCER_BYTES_MAX}`);
}
