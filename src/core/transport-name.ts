export const TRANSPORT_NAMES = ["unixsock", "tcp", "unixgram", "udp", "fifo"] as const;

export type TransportName = (typeof TRANSPORT_NAMES)[number];

export function isTransportName(name: string): name is TransportName {
  return (TRANSPORT_NAMES as readonly string[]).includes(name);
}
