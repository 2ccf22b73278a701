import type { TransportName } from "../core/transport-name.ts";

/** What the tables call the published numbers: they are from another machine, and nothing here measures them. */
export const ORIGINAL = "Go original, published";

/**
 * The system calls that the documents of the Go original show: of five producers with 50 lines each, from their start to their end.
 * docs/analysis.md has the same numbers beside this project's.
 */
export const ORIGINAL_CALLS: Readonly<Record<TransportName, Readonly<Record<string, number>>>> = {
  unixsock: { write: 250, epoll_pwait: 590, futex: 910, nanosleep: 724, read: 40, mmap: 197, all: 4042 },
  tcp: { write: 250, epoll_pwait: 339, futex: 955, nanosleep: 803, read: 40, mmap: 191, all: 3928 },
  unixgram: { write: 250, epoll_pwait: 560, futex: 953, nanosleep: 632, read: 40, mmap: 194, all: 3953 },
  udp: { write: 250, epoll_pwait: 564, futex: 922, nanosleep: 621, read: 40, mmap: 192, all: 3901 },
  fifo: { write: 250, epoll_pwait: 296, futex: 960, nanosleep: 548, read: 40, mmap: 195, all: 3598 },
};
