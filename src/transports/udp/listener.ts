import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";
import { UDP_IPV6_MESSAGE_BYTES_MAX } from "../../core/kernel-facts.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { SOCK_DGRAM } from "../../os/constants.ts";
import { connect } from "../../os/libc.ts";
import { inetAddress } from "../../os/socket-address.ts";
import { growReceiveBuffer } from "../../os/socket-options.ts";
import { UdpDrops } from "../../os/udp-drops.ts";
import { type DatagramBinding, DatagramListener } from "../shared/datagram-listener.ts";
import { exposureOf } from "../shared/exposure.ts";
import { bindInet, inetSocket } from "../shared/inet-bind.ts";
import { resolveHost } from "../shared/resolve-host.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: InetEndpoint, options: ListenerOptions<"message">): Listener {
  return new DatagramListener(options, () => bindSocket(endpoint, options.receiveBufferBytes));
}

async function bindSocket(endpoint: InetEndpoint, askedBytes: number): Promise<DatagramBinding> {
  const host = await resolveHost(endpoint.host);
  const fd = inetSocket(host, SOCK_DGRAM);
  try {
    const receiveBufferBytes = growReceiveBuffer(fd, askedBytes);
    const bound = bindInet(fd, { ...endpoint, host });
    const drops = new UdpDrops(fd);
    return {
      fd,
      listening: {
        endpoint: bound,
        receiveBufferBytes,
        warnings: exposureOf(bound),
        advice: adviceOn(bound, receiveBufferBytes, askedBytes),
      },
      messageBytesMax: UDP_IPV6_MESSAGE_BYTES_MAX,
      senders: "address",
      release: () => seal(fd, bound),
      drops: () => drops.read(),
    };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/**
 * Connects the socket to itself. A connected socket receives datagrams only from its peer (udp(7)). So from here on the
 * kernel refuses other senders and notifies them, while the datagrams that it has queued can still be read.
 */
function seal(fd: number, bound: InetEndpoint): void {
  const address = inetAddress(bound.host, bound.port);
  connect(fd, address, address.length); // if it fails, draining ends at its time limit
}

function adviceOn(endpoint: InetEndpoint, grantedBytes: number, askedBytes: number): string[] {
  if (grantedBytes >= askedBytes) return [];
  return [
    `udp ${formatAddress(endpoint)} has ${grantedBytes} bytes of receive buffer, not the ${askedBytes} asked for; ` +
      `raise the system's limit with sysctl -w net.core.rmem_max=${askedBytes}, or start it with --priority -10, or expect drops in a flood`,
  ];
}
