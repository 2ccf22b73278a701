import { PRODUCER_BYTES_MAX } from "../../acks/protocol.ts";
import { refuseNoEndpoint } from "../../addresses/named-endpoint.ts";
import { isObject, refuseUnless, refuseUnlessObject } from "../../core/argument.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { DESTINATION_QUEUE_BYTES_MAX } from "../../core/limits.ts";
import { orList } from "../../core/word-list.ts";
import { native } from "../../os/native.ts";
import { namesWhere, transportOf } from "../../transports/registry.ts";
import { type SenderTlsOptions, senderCertificates } from "../sender-tls.ts";
import { sendingEndpoint } from "../sending-endpoint.ts";
import { AckedCarrier } from "./acked-carrier.ts";
import { BoundedOutlet } from "./bounded-outlet.ts";
import type { Carrier, CarrierOptions } from "./carrier.ts";
import { Destination } from "./destination.ts";
import { PlainCarrier } from "./plain-carrier.ts";
import { SenderCarrier } from "./sender-carrier.ts";

export interface DestinationOptions {
  /** `transport[=address]`, as the commands take it, or an endpoint. */
  readonly to: string | Endpoint;
  /**
   * Keep each line until the aggregator has acknowledged it (unixsock, tcp). `id` names the program, 1 to 128 bytes,
   * "pino" by default; it may always be the same.
   */
  readonly ack?: boolean | { readonly id: string } | undefined;
  /** Most memory of lines that wait, for the aggregator or for its acknowledgement. Further lines are dropped. */
  readonly queueBytesMax?: number | undefined;
}

export interface TargetOptions extends DestinationOptions {
  /** Speak TLS 1.3 (tcp). */
  readonly tls?: SenderTlsOptions | undefined;
}

const ID_DEFAULT = "pino";

/** The program that a destination is in. */
export interface DestinationProgram {
  /** Where default addresses come from (XDG_RUNTIME_DIR). */
  readonly environment: NodeJS.ProcessEnv;
  /** Called when the destination takes no more lines. */
  ended(): void;
}

/**
 * A destination for lines. It begins to look for an aggregator at once, and it is no error that none is there.
 *
 * @throws OperationalError USAGE or ADDRESS_INVALID for an option or address that can't be used, NATIVE_UNAVAILABLE
 *   without koffi
 */
export function createDestination(options: TargetOptions, program: DestinationProgram): Destination {
  refuseUnlessObject({ name: "options", value: options, wanted: "an object with to" });
  const { to, ack = false, queueBytesMax = DESTINATION_QUEUE_BYTES_MAX } = options;
  refuseNoEndpoint("to", to);
  const isSize = Number.isSafeInteger(queueBytesMax) && queueBytesMax > 0;
  refuseUnless(isSize, { name: "queueBytesMax", value: queueBytesMax, wanted: "a number of bytes above 0" });
  const endpoint = typeof to === "string" ? sendingEndpoint(to, program.environment) : to;
  const producer = producerOf(ack);
  if (producer !== undefined) refuseUnacknowledged(endpoint);
  if (options.tls !== undefined) refuseUnlessObject({ name: "tls", value: options.tls, wanted: "an object" });
  const tls = senderCertificates(options.tls, endpoint);
  const link: CarrierOptions["link"] = (unsent) => linkTo(endpoint, { unsent });
  native(); // without it, no attempt could ever succeed
  const outlet = new BoundedOutlet({
    queueBytesMax,
    carrier: (events): Carrier => {
      if (tls !== undefined) return new SenderCarrier({ endpoint, tls, producer, ...events });
      const carrying = { endpoint, link, ...events };
      return producer === undefined ? new PlainCarrier(carrying) : new AckedCarrier({ ...carrying, producer });
    },
  });
  return new Destination(endpoint, outlet, () => program.ended());
}

function linkTo(endpoint: Endpoint, options: Pick<CarrierOptions, "unsent">): ReturnType<CarrierOptions["link"]> {
  const link = transportOf(endpoint).createLink?.(endpoint, options);
  if (link === undefined) throw new Error(`${endpoint.transport} has no descriptor`);
  return link;
}

/** Undefined without acknowledgements. */
function producerOf(ack: unknown): string | undefined {
  if (typeof ack === "boolean") return ack ? ID_DEFAULT : undefined;
  const id = isObject(ack) ? ack["id"] : undefined;
  const bytes = typeof id === "string" ? Buffer.byteLength(id) : 0;
  const wanted = `true, or an object with an id of 1 to ${PRODUCER_BYTES_MAX} bytes`;
  refuseUnless(bytes > 0 && bytes <= PRODUCER_BYTES_MAX, { name: "ack", value: ack, wanted });
  return String(id);
}

function refuseUnacknowledged({ transport }: Endpoint): void {
  const able = namesWhere(({ connect }) => connect !== undefined);
  if (able.includes(transport)) return;
  throw new OperationalError("USAGE", `${transport} can't carry acknowledgements; use ${orList(able)}`);
}
