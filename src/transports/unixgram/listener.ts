import type { PathEndpoint } from "../../core/endpoint.ts";
import { UNIX_DATAGRAM_BYTES_MAX, UNIX_DATAGRAM_RESERVED_BYTES } from "../../core/kernel-facts.ts";
import { UNIX_DATAGRAM_QUEUE_ADVISED } from "../../core/limits.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import {
  AF_UNIX,
  SHUT_RD,
  SO_PASSCRED,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../../os/constants.ts";
import { errnoError, shutdown, socket } from "../../os/libc.ts";
import { getOption, setOption } from "../../os/socket-options.ts";
import { readSysctl } from "../../os/sysctl.ts";
import { type DatagramBinding, DatagramListener } from "../shared/datagram-listener.ts";
import { bindUnixPath } from "../shared/unix-path.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: PathEndpoint, options: ListenerOptions<"message">): Listener {
  return new DatagramListener(options, () => bindSocket(endpoint, options));
}

async function bindSocket(endpoint: PathEndpoint, options: ListenerOptions<"message">): Promise<DatagramBinding> {
  if (options.inherited !== undefined) return inheritedSocket(options.inherited, endpoint, options);
  const { fd, queued } = openSocket();
  try {
    // Before bind(2): messages that arrive earlier have no sender.
    if (options.identifies) setOption(fd, SOL_SOCKET, SO_PASSCRED, 1);
    const path = await bindUnixPath(fd, endpoint.path, { access: options.access });
    return {
      fd,
      listening: {
        endpoint,
        queuedMessages: queued ?? 0, // not known: the event loop never sleeps
        advice: [...path.advice, ...adviceOn(endpoint.path, queued)],
      },
      messageBytesMax: messageBytesMaxFor(options.messageBytesMax),
      senders: "credentials",
      release: () => {
        path.remove();
        shutdown(fd, SHUT_RD); // senders get EPIPE from now on; queued messages can still be read (unix_dgram_sendmsg)
      },
      drops: () => 0, // a full queue makes the sender wait (unix(7))
    };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function inheritedSocket(
  fd: number,
  endpoint: PathEndpoint,
  { identifies, messageBytesMax }: ListenerOptions<"message">,
): DatagramBinding {
  const queued = readSysctl(QUEUE_SETTING); // that of its creation, unless it was changed since
  const warnings = identifies === true && !namesSenders(fd) ? [unnamedSenders(endpoint.path)] : [];
  return {
    fd,
    listening: { endpoint, queuedMessages: queued ?? 0, warnings, advice: adviceOn(endpoint.path, queued) },
    messageBytesMax: messageBytesMaxFor(messageBytesMax),
    senders: "credentials",
    isInherited: true,
    release: () => {},
    drops: () => 0,
  };
}

/** Has the kernel name the senders of messages from now on. @returns whether it did so before */
function namesSenders(fd: number): boolean {
  if (getOption(fd, SOL_SOCKET, SO_PASSCRED) !== 0) return true;
  setOption(fd, SOL_SOCKET, SO_PASSCRED, 1);
  return false;
}

function unnamedSenders(path: string): string {
  return (
    `unixgram ${path} was inherited without SO_PASSCRED, so nobody knows who sent the messages that waited; ` +
    "set PassCredentials=yes in its .socket unit"
  );
}

/** The kernel reads it when a socket is created (unix_create1, net/unix/af_unix.c). */
const QUEUE_SETTING = "net.unix.max_dgram_qlen";

/** Creates an unbound socket; also returns how many messages it will queue. @throws the system error */
function openSocket(): { fd: number; queued: number | undefined } {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  return { fd, queued: readSysctl(QUEUE_SETTING) };
}

/**
 * The sender's send buffer limits the length of a datagram. What the default buffer allows is always received whole,
 * since it may contain many lines; longer datagrams only up to the wanted length, and never longer than an unprivileged
 * sender's can be.
 */
function messageBytesMaxFor(wantedBytes: number): number {
  const byDefault = (readSysctl("net.core.wmem_default") ?? 0) - UNIX_DATAGRAM_RESERVED_BYTES;
  const atMost = 2 * (readSysctl("net.core.wmem_max") ?? Number.POSITIVE_INFINITY) - UNIX_DATAGRAM_RESERVED_BYTES;
  return Math.max(UNIX_DATAGRAM_BYTES_MAX, byDefault, Math.min(wantedBytes, atMost));
}

function adviceOn(path: string, queue: number | undefined): string[] {
  if (queue === undefined || queue >= UNIX_DATAGRAM_QUEUE_ADVISED) return [];
  return [
    `unixgram ${path} queues ${queue} messages for all its senders together, so they often wait; for up to four times ` +
      `the throughput run sysctl -w ${QUEUE_SETTING}=${UNIX_DATAGRAM_QUEUE_ADVISED} and start it again`,
  ];
}
