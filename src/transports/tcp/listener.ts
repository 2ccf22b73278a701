import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";
import { INET_ADDRESS_BYTES_MAX } from "../../core/kernel-facts.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { SO_KEEPALIVE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from "../../os/constants.ts";
import { errnoName } from "../../os/libc.ts";
import { inetPeer } from "../../os/peer-address.ts";
import { dropNewConnections, filterRefusal } from "../../os/socket-filter.ts";
import { setOption } from "../../os/socket-options.ts";
import { type ConnectionBinding, INHERITED, startListening } from "../shared/connection-binding.ts";
import type { PeerLookup } from "../shared/connection-listener.ts";
import { bindInet, inetBindError, inetSocket } from "../shared/inet-bind.ts";
import { resolveHost } from "../shared/resolve-host.ts";
import type { StreamChannel } from "../shared/stream-channel.ts";
import { streamListener } from "../shared/stream-listener.ts";
import type { Listener, ListenerOptions } from "../transport.ts";
import { tcpEnding, tlsEnding } from "./ending.ts";
import { refuseUnprotected, warningsOf } from "./exposure.ts";
import { TlsListener } from "./tls-listener.ts";

export function createListener(endpoint: InetEndpoint, options: ListenerOptions<"stream">): Listener {
  const bind = () => bindSocket(endpoint, options);
  if (options.tls !== undefined) return new TlsListener({ ...options, tls: options.tls }, bind, PEERS);
  return streamListener(options, bind, PEERS);
}

const PEERS: PeerLookup = { addressBytes: INET_ADDRESS_BYTES_MAX, of: (_fd, address) => inetPeer(address) };

async function bindSocket(
  endpoint: InetEndpoint,
  options: ListenerOptions<"stream">,
): Promise<ConnectionBinding<StreamChannel>> {
  const { inherited } = options;
  if (inherited !== undefined) {
    refuseUnprotected(endpoint, options);
    return { ...bindingOf(inherited, endpoint, options), ...INHERITED };
  }
  const host = await resolveHost(endpoint.host);
  refuseUnprotected({ ...endpoint, host }, options);
  const fd = inetSocket(host, SOCK_STREAM);
  try {
    // Permits a port whose last connections are in TIME_WAIT (socket(7)).
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    const bound = bindInet(fd, { ...endpoint, host });
    listenOn(fd, bound);
    return bindingOf(fd, bound, options);
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function bindingOf(
  fd: number,
  endpoint: InetEndpoint,
  options: ListenerOptions<"stream">,
): ConnectionBinding<StreamChannel> {
  return {
    fd,
    listening: { endpoint, warnings: [...warningsOf(endpoint, options), ...stopWarning(fd, endpoint)], advice: [] },
    ending: options.tls === undefined ? tcpEnding : tlsEnding,
    release: () => {},
    // Closing the listener at once would reset the connections in its backlog.
    seal: () => dropNewConnections(fd),
    // Otherwise the channel of a sender whose machine vanished would stay open forever.
    prepare: (accepted) => setOption(accepted, SOL_SOCKET, SO_KEEPALIVE, 1),
  };
}

/** With SO_REUSEADDR two sockets may bind to one port; only listen(2) fails if it is in use. */
function listenOn(fd: number, endpoint: InetEndpoint): void {
  try {
    startListening(fd);
  } catch (error) {
    throw errnoName() === "EADDRINUSE" ? inetBindError(endpoint) : error;
  }
}

/** A warning if a stop can't be exact here, because it needs socket filters. */
function stopWarning(fd: number, endpoint: InetEndpoint): string[] {
  const refusal = filterRefusal(fd);
  if (refusal === undefined) return [];
  return [
    `tcp ${formatAddress(endpoint)}: the kernel refuses socket filters to this user (${refusal}), so lines that senders write ` +
      "at the last moment of a stop may be lost without being counted; run the aggregator as root, or end the senders first",
  ];
}
