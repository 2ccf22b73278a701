import { type AddressKind, TRANSPORT_NAMES, TRANSPORTS } from "../core/transport-name.ts";

/** The transports as help texts list them: "unixsock, tcp, unixgram, udp or fifo". */
export function anyTransport(): string {
  return new Intl.ListFormat("en-GB", { type: "disjunction" }).format(TRANSPORT_NAMES);
}

/** The transports with that kind of address: "tcp and udp". */
export function transportsWith(kind: AddressKind): string {
  return new Intl.ListFormat("en-GB").format(TRANSPORT_NAMES.filter((name) => TRANSPORTS[name] === kind));
}
