/**
 * The one table of transports: name → kind of address. `path` means a file's path, `inet` a host and a port. Everything
 * else about a transport is in its folder.
 */
export const TRANSPORTS = {
  unixsock: "path",
  tcp: "inet",
  unixgram: "path",
  udp: "inet",
  fifo: "path",
} as const;

export type TransportName = keyof typeof TRANSPORTS;

export type AddressKind = "path" | "inet";

/** The names of the transports with this kind of address. */
export type NamesOf<Kind extends AddressKind> = {
  [Name in TransportName]: (typeof TRANSPORTS)[Name] extends Kind ? Name : never;
}[TransportName];

const [FIRST, ...OTHERS] = Object.keys(TRANSPORTS) as [TransportName, ...TransportName[]];

/** In display order. */
export const TRANSPORT_NAMES: readonly [TransportName, ...TransportName[]] = [FIRST, ...OTHERS];

/** The names of the transports with this kind of address. */
export function namesWith(kind: AddressKind): TransportName[] {
  return TRANSPORT_NAMES.filter((name) => TRANSPORTS[name] === kind);
}

export function isTransportName(name: string): name is TransportName {
  return Object.hasOwn(TRANSPORTS, name);
}

export function hasPath(name: TransportName): name is NamesOf<"path"> {
  return TRANSPORTS[name] === "path";
}
