/** Limits and times that are set by the kernel and its protocols, each with its source. */

/** write(2) to a FIFO is atomic up to and including this size (PIPE_BUF, pipe(7), Linux). */
export const PIPE_BUF_BYTES = 4096;

/** Longest AF_UNIX path: sun_path is 108 bytes with its NUL (unix(7)). */
export const UNIX_PATH_BYTES_MAX = 107;

/** Largest payload of a UDP datagram over IPv4: 65,535 - 20 (IP) - 8 (UDP) (udp(7)); one byte more gives EMSGSIZE. */
export const UDP_MESSAGE_BYTES_MAX = 65_507;

/** The same over IPv6, whose header isn't included in the length: 65,535 - 8 (RFC 8200, section 3). */
export const UDP_IPV6_MESSAGE_BYTES_MAX = 65_527;

/**
 * Longest AF_UNIX datagram with the default send buffer, net.core.wmem_default = 212,992 (measured; one byte more gives
 * EMSGSIZE).
 */
export const UNIX_DATAGRAM_BYTES_MAX = 212_960;

/** The part of a send buffer that the kernel reserves for itself (unix_dgram_sendmsg, net/unix/af_unix.c, Linux). */
export const UNIX_DATAGRAM_RESERVED_BYTES = 32;

/** The largest address of tcp and udp: struct sockaddr_in6 (ipv6(7)). */
export const INET_ADDRESS_BYTES_MAX = 28;

/**
 * Shutdown: how long a tcp connection must be silent before it counts as idle. A sender's last small segment waits for
 * the acknowledgement of the previous one (Nagle), which our kernel may delay by 40 ms (TCP_DELACK_MIN,
 * include/net/tcp.h, Linux).
 */
export const TCP_TRANSIT_MS = 60;

/** Longest path of a file: PATH_MAX, which includes the NUL, is 4096 (limits.h, Linux). */
export const PATH_BYTES_MAX = 4095;
