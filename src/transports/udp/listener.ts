import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";
import { UDP_IPV6_MESSAGE_BYTES_MAX } from "../../core/kernel-facts.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { SOCK_DGRAM } from "../../os/constants.ts";
import { connect } from "../../os/libc.ts";
import { inetAddress } from "../../os/socket-address.ts";
import { growReceiveBuffer, raiseReceiveBuffer } from "../../os/socket-options.ts";
import { UdpDrops } from "../../os/udp-drops.ts";
import { type DatagramBinding, DatagramListener } from "../shared/datagram-listener.ts";
import { isExposed } from "../shared/exposure.ts";
import { bindInet, inetSocket } from "../shared/inet-bind.ts";
import { resolveHost } from "../shared/resolve-host.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: InetEndpoint, options: ListenerOptions<"message">): Listener {
  return new DatagramListener(options, () => bindSocket(endpoint, options));
}

type SocketOptions = Pick<ListenerOptions<"message">, "receiveBufferBytes" | "inherited">;

async function bindSocket(
  endpoint: InetEndpoint,
  { receiveBufferBytes: askedBytes, inherited }: SocketOptions,
): Promise<DatagramBinding> {
  if (inherited !== undefined) return inheritedSocket(inherited, endpoint, askedBytes);
  const host = await resolveHost(endpoint.host);
  const fd = inetSocket(host, SOCK_DGRAM);
  try {
    const receiveBufferBytes = growReceiveBuffer(fd, askedBytes);
    const bound = bindInet(fd, { ...endpoint, host });
    const drops = new UdpDrops(fd);
    return {
      ...bindingOf(fd, bound, { receiveBufferBytes, askedBytes }),
      release: () => seal(fd, bound),
      drops: () => drops.read(),
    };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** The kernel has counted drops since the socket was created, and earlier runs have reported theirs. */
function inheritedSocket(fd: number, endpoint: InetEndpoint, askedBytes: number): DatagramBinding {
  const receiveBufferBytes = raiseReceiveBuffer(fd, askedBytes);
  const drops = new UdpDrops(fd);
  const earlierDrops = drops.read();
  const binding = bindingOf(fd, endpoint, { receiveBufferBytes, askedBytes });
  return {
    ...binding,
    listening: { ...binding.listening, earlierDrops },
    isInherited: true,
    release: () => {},
    drops: () => {
      const now = drops.read();
      return now === null || earlierDrops === null ? null : now - earlierDrops;
    },
  };
}

function bindingOf(
  fd: number,
  endpoint: InetEndpoint,
  { receiveBufferBytes, askedBytes }: { readonly receiveBufferBytes: number; readonly askedBytes: number },
): Omit<DatagramBinding, "release" | "drops"> {
  const [warnings, advice] = [warningsOf(endpoint), adviceOn(endpoint, receiveBufferBytes, askedBytes)];
  return {
    fd,
    listening: { endpoint, receiveBufferBytes, warnings, advice },
    messageBytesMax: UDP_IPV6_MESSAGE_BYTES_MAX,
    senders: "address",
  };
}

/**
 * Connects the socket to itself. A connected socket receives datagrams only from its peer (udp(7)). So from here on the
 * kernel refuses other senders and notifies them, while the datagrams that it has queued can still be read.
 */
function seal(fd: number, bound: InetEndpoint): void {
  const address = inetAddress(bound.host, bound.port);
  connect(fd, address, address.length); // if it fails, draining ends at its time limit
}

/** What udp doesn't protect beyond this machine. */
function warningsOf(endpoint: InetEndpoint): string[] {
  if (!isExposed(endpoint.host)) return [];
  return [
    `udp ${formatAddress(endpoint)} can be reached from other machines: anyone who reaches the port can write to the log, ` +
      "nothing is encrypted, the address of a sender can be forged, and datagrams that the network loses are not counted; " +
      "let only your senders through a firewall, or use tcp with --tls-cert and --tls-ca",
  ];
}

function adviceOn(endpoint: InetEndpoint, grantedBytes: number, askedBytes: number): string[] {
  if (grantedBytes >= askedBytes) return [];
  return [
    `udp ${formatAddress(endpoint)} has ${grantedBytes} bytes of receive buffer, not the ${askedBytes} asked for; ` +
      `raise the system's limit with sysctl -w net.core.rmem_max=${askedBytes}, or start it with --priority -10, or expect drops in a flood`,
  ];
}
