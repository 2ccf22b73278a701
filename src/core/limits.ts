/**
 * What the toolkit promises at most: each limit with its reason. A constant that is used once may stand beside that
 * use. Units come last.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Longest line that is stored, without its LF (`--max-line`): far above any log line, and small enough to buffer one
 * per sender.
 */
export const LINE_BYTES_MAX_DEFAULT: number = 1 * MiB;

/**
 * Longest torn end of an output that is repaired: longer than any line, and read within a second. A file without an LF
 * in that many bytes doesn't consist of lines.
 */
export const REPAIR_BYTES_MAX: number = 1024 * MiB;

/** Bytes that may wait for the file (`--queue-bytes`) before senders are asked to wait. */
export const QUEUE_BYTES_MAX_DEFAULT: number = 64 * MiB;

/**
 * Memory that each channel has to itself for an unfinished line, in addition to the memory that all channels share
 * (`--queue-bytes`). A usual line fits, so no other sender can cause its loss. An idle connection costs 8 KB anyway
 * (measured).
 */
export const TAIL_BYTES_RESERVED: number = 4 * KiB;

/**
 * Memory of one datagram listener's slots. Only pages that a datagram has touched are resident: datagrams of 200 bytes
 * touch one or two pages per slot, so the full size is resident only after a batch of the longest datagrams.
 */
export const RECEIVE_SLOTS_BYTES_MAX: number = 32 * MiB;

/** Descriptors subtracted from the fd limit: for the output, the listeners, Node itself and a margin. */
export const DESCRIPTORS_RESERVED = 32;

/**
 * Messages a unixgram socket should queue (net.unix.max_dgram_qlen, 10 by default): 0.29 M lines/s with 10, 1.15 M
 * with 512.
 */
export const UNIX_DATAGRAM_QUEUE_ADVISED = 512;

/** Receive buffer requested for udp by default; the kernel caps it at net.core.rmem_max. */
export const UDP_RECEIVE_BUFFER_BYTES: number = 64 * MiB;

/**
 * Replies (acknowledgements) that may wait in our memory, in addition to the kernel's, until a sender reads them. Above
 * that only the latest reply is kept, which covers the others. A waiting reply takes ten times its bytes.
 */
export const REPLY_BYTES_MAX: number = 1 * KiB;

/**
 * Reads of one acknowledged sender that wait for a sync and are acknowledged one by one; above that the last ones are
 * acknowledged together. A read may bring three bytes, and a disk may take minutes.
 */
export const ACK_MARKS_MAX = 256;

/** Lines that an acknowledged sender keeps until they are acknowledged: enough for many syncs during a flood. */
export const ACK_WINDOW_BYTES_MAX: number = 8 * MiB;

/**
 * Lines that a library's sender queues while an earlier send waits: as many as an acknowledged sender keeps pending.
 */
export const SENDER_QUEUE_BYTES_MAX: number = 8 * MiB;

/**
 * Lines of a logger's destination that wait for the aggregator: 20,000 lines a second of 250 bytes, for three seconds.
 */
export const DESTINATION_QUEUE_BYTES_MAX: number = 16 * MiB;

/**
 * Acknowledged sequences without a connection that an aggregator remembers at most; above that it forgets the older
 * half. Each takes 130 bytes, with the longest names and numbers 330 (measured: test/unit/acknowledgements.test.ts),
 * so 33 MB at worst.
 */
export const ACKED_NAMES_MAX = 100_000;

/**
 * Most time for a TLS handshake: a full one takes three times the network's round trip and a few milliseconds, and one
 * that takes longer holds a place that another sender may need.
 */
export const TLS_HANDSHAKE_MS_MAX = 10_000;

/**
 * TLS handshakes of a listener at once; further senders wait in the backlog. A thread completes fewer than that within
 * one round trip of a slow network.
 */
export const TLS_HANDSHAKES_MAX = 256;

/** Shutdown: longest time spent reading what the kernel had accepted before the signal. Exit is promised within 2 s. */
export const DRAIN_MS_MAX = 1000;

/**
 * Of that, how long a tcp sender may continue to write after a FIN: its event loop, the network and its buffer need
 * time. After that its remaining bytes are read and the connection is cut.
 */
export const DRAIN_ASK_MS_MAX = 800;

/**
 * Of that, how long a receiver's pauses are respected. What is left is then read without waiting, so that it is
 * counted.
 */
export const DRAIN_PAUSE_MS_MAX = 800;

/** Shutdown: how long a sender that got replies may take to read them and close. */
export const FINISH_MS_MAX = 200;

/**
 * A program of this project ends within 2 s of SIGTERM. If it is still running after this time, its starter kills it.
 */
export const PROGRAM_STOP_MS_MAX = 5000;

/**
 * A starter that finds a stale socket waits at most this long for others that may be replacing it: they need
 * milliseconds.
 */
export const ADDRESS_LOCK_MS_MAX = 2000;

/**
 * A younger socket that refuses connections may be between bind(2) and listen(2) on a busy machine, so it isn't
 * considered stale yet.
 */
export const SOCKET_BIND_MS_MAX = 200;

/** `--durability interval`: what a power cut may cost at most, and cheap enough to be the default. */
export const SYNC_INTERVAL_MS_DEFAULT = 1000;

/** How often the output's name is checked: a renamed or removed file is noticed within a second. */
export const OUTPUT_CHECK_MS = 500;

/**
 * How long the space of a removed file counts as free although the file system doesn't show it: longer than file
 * systems take that free space in the background, and short compared with the time in which a disk fills up.
 */
export const FREED_SPACE_MS_MAX = 10_000;

/**
 * Shutdown: longest time spent retrying a file that refuses writes before the rest counts as unwritten. Together with
 * DRAIN_MS_MAX before it and FINISH_MS_MAX in parallel, it leaves a margin to the promised 2 s.
 */
export const CLOSE_WRITE_MS_MAX = 600;

/**
 * A sender that ends waits this long for the listener to close, which confirms that everything was read. Its bytes are
 * safe anyway.
 */
export const CLOSE_ANSWER_MS_MAX = 1000;

/** A producer that is asked to stop gives a waiting send this long to finish. */
export const STOP_MS_MAX = 1000;

/** How long a producer tries to reach an aggregator (`--wait`): time enough to start both by hand. */
export const WAIT_MS_DEFAULT = 5000;

/** The ticker, as in the Go original: ten lines a second for five seconds, 100 bytes of message. */
export const TICK_COUNT_DEFAULT = 50;
export const TICK_INTERVAL_MS_DEFAULT = 100;
export const MESSAGE_BYTES_DEFAULT = 100;

/** Largest message a producer makes: far longer than any transport or aggregator accepts, and no danger to memory. */
export const MESSAGE_BYTES_MAX: number = 64 * MiB;

/** Bytes of a batch, whatever `--batch` says. */
export const BATCH_BYTES_MAX: number = 64 * MiB;

/**
 * How often in a row a datagram is sent again: an ICMP error is reported once, so an error that stays doesn't concern
 * an earlier datagram.
 */
export const SEND_RETRIES_MAX = 8;

/**
 * `ipc-lab verify`: sequences (runs of producers) accounted for, about 1 KB each. Lines of other sequences are only
 * counted.
 */
export const VERIFY_PRODUCERS_MAX_DEFAULT = 100_000;

/**
 * Highest `--max-producers`: a Map has at most 16.7 million entries, and so many runs exceed the memory of most
 * machines.
 */
export const VERIFY_PRODUCERS_MAX = 10_000_000;

/**
 * Longest name of a producer or of a run that is accounted for: far above any in use, and all names together fit in
 * memory.
 */
export const VERIFY_NAME_LENGTH_MAX = 256;

/**
 * Ranges of seen numbers that all sequences together may remember, up to 100 bytes each, and that one sequence may. To
 * insert a number, some of these ranges are moved, so the limit also bounds the time per line (a few microseconds).
 */
export const VERIFY_RANGES_MAX = 500_000;
export const VERIFY_SEQUENCE_RANGES_MAX = 4096;

/**
 * A wider gap isn't counted as missing lines. At a million lines a second it would mean more than an hour of nothing
 * but losses, without one line in between; a forged or damaged number is more likely.
 */
export const SEQUENCE_JUMP_MAX: number = 2 ** 32;

/** Longest line that verify reads: a wrapped line of 1 MiB of control characters takes six times that. */
export const VERIFY_LINE_BYTES_MAX_DEFAULT: number = 8 * MiB;

/**
 * Longest line that verify parses when it isn't exactly as our producer writes it: the parsed value may take 30 times
 * its length.
 */
export const VERIFY_PARSED_LENGTH_MAX: number = 64 * KiB;

/**
 * Bytes that verify reads, decompressed: one or two minutes of genuine lines, and a bound for what a .gz file expands
 * to.
 */
export const VERIFY_BYTES_MAX_DEFAULT: number = 16 * 1024 * MiB;

/** Longest event in a file of `done` events: some 400 bytes and the producer's names. */
export const DONE_EVENT_BYTES_MAX: number = 64 * KiB;
