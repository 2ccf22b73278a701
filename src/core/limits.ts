/** What the toolkit promises at most: each limit with its reason. A constant with a single use may stand beside that use. Units come last. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Longest line kept, without its LF (`--max-line`): far above any log line, small enough to hold one per sender. */
export const LINE_BYTES_MAX_DEFAULT: number = 1 * MiB;

/** Longest torn end of an output that is mended: above any line, and read within a second. What has none so far back isn't lines. */
export const REPAIR_BYTES_MAX: number = 1024 * MiB;

/** Bytes that may wait for the file (`--queue-bytes`) before senders are asked to wait. */
export const QUEUE_BYTES_MAX_DEFAULT: number = 64 * MiB;

/**
 * Memory for an unfinished line that each channel has to itself, beside what all share (`--queue-bytes`). It holds a usual line whole, so
 * that no other sender can make it lost. An idle connection costs 8 KB anyway (measured).
 */
export const TAIL_BYTES_RESERVED: number = 4 * KiB;

/**
 * Memory of one datagram listener's slots. Only pages that a datagram has touched count: 200-byte datagrams touch one or
 * two a slot, so this much is resident only after a batch of the longest ones.
 */
export const RECEIVE_SLOTS_BYTES_MAX: number = 32 * MiB;

/** Descriptors kept back from the fd limit for the output, the listeners, Node itself and a margin. */
export const DESCRIPTORS_RESERVED = 32;

/** Messages a unixgram socket should queue (net.unix.max_dgram_qlen, 10 by default): 0.29 M lines/s with 10, 1.15 M with 512. */
export const UNIX_DATAGRAM_QUEUE_ADVISED = 512;

/** Receive buffer asked for on udp unless told otherwise; the kernel caps it at net.core.rmem_max. */
export const UDP_RECEIVE_BUFFER_BYTES: number = 64 * MiB;

/**
 * Replies (acknowledgements) that may wait in our memory, beyond the kernel's, for a sender to read them; after that only the latest one is
 * kept, which covers the others. A reply takes ten times its bytes while it waits.
 */
export const REPLY_BYTES_MAX: number = 1 * KiB;

/**
 * Reads of one acknowledged sender that wait for a sync and are acknowledged each by itself; above it the last ones are acknowledged
 * together. A read may be three bytes, and a disk may take minutes.
 */
export const ACK_MARKS_MAX = 256;

/** Lines that an acknowledged sender holds until they are acknowledged: enough for many syncs' worth of a flood. */
export const ACK_WINDOW_BYTES_MAX: number = 8 * MiB;

/**
 * Acknowledged sequences without a connection that an aggregator remembers at most; beyond it the older half is forgotten. Each takes
 * 130 bytes, with the longest names and numbers 330 (measured: test/unit/acknowledgements.test.ts), so 33 MB at worst.
 */
export const ACKED_NAMES_MAX = 100_000;

/** Shutdown: longest time spent reading what the kernel had accepted before the signal. Exit is promised within 2 s. */
export const DRAIN_MS_MAX = 1000;

/** Of that, how long a tcp sender may write on after a FIN: its event loop, the network and its buffer take time. Then it is read out and cut. */
export const DRAIN_ASK_MS_MAX = 800;

/** Of that, how long a receiver that asks for a pause gets one; what is left is then read without waiting, so that it counts. */
export const DRAIN_PAUSE_MS_MAX = 800;

/** Shutdown: how long a sender that was answered gets to read the answers and close. */
export const FINISH_MS_MAX = 200;

/** A program of this project ends within 2 s of SIGTERM; one that its starter still waits for after this time is killed. */
export const PROGRAM_STOP_MS_MAX = 5000;

/** A starter that finds a stale socket waits at most this long for others that may be replacing it: they need milliseconds. */
export const ADDRESS_LOCK_MS_MAX = 2000;

/** A socket younger than this that nobody answers on may be between bind(2) and listen(2) on a busy machine, so it isn't stale yet. */
export const SOCKET_BIND_MS_MAX = 200;

/** `--durability interval`: what a power cut may cost at most, and cheap enough to be the default. */
export const SYNC_INTERVAL_MS_DEFAULT = 1000;

/** How often the output's name is looked at: a renamed or removed file is noticed within a second. */
export const OUTPUT_CHECK_MS = 500;

/**
 * How long the space of a removed file is counted as free although it doesn't show: longer than file systems that free space in the
 * background take for it, short beside the time that a disk takes to fill up.
 */
export const FREED_SPACE_MS_MAX = 10_000;

/**
 * Shutdown: longest time spent trying a file that refuses writes before the rest counts as unwritten. With DRAIN_MS_MAX
 * before it and FINISH_MS_MAX beside it, it leaves a margin to the promised 2 s.
 */
export const CLOSE_WRITE_MS_MAX = 600;

/** A sender that ends waits this long for the listener's close, which says that all was read; its bytes are safe anyway. */
export const CLOSE_ANSWER_MS_MAX = 1000;

/** A producer told to stop gives a send that is waiting this long to finish. */
export const STOP_MS_MAX = 1000;

/** How long a producer tries to reach an aggregator (`--wait`): time enough to start both at once, by hand. */
export const WAIT_MS_DEFAULT = 5000;

/** The ticker, as its ancestor did it: ten lines a second for five seconds, 100 bytes of message. */
export const TICK_COUNT_DEFAULT = 50;
export const TICK_INTERVAL_MS_DEFAULT = 100;
export const MESSAGE_BYTES_DEFAULT = 100;

/** Largest message a producer makes: far beyond what any transport or aggregator takes, and no danger to memory. */
export const MESSAGE_BYTES_MAX: number = 64 * MiB;

/** Bytes of a batch whatever `--batch` says. */
export const BATCH_BYTES_MAX: number = 64 * MiB;

/** A datagram is offered at most this often in a row: an ICMP error is told once, one that stays is no earlier datagram's. */
export const SEND_RETRIES_MAX = 8;

/** `ipc-lab verify`: sequences (runs of producers) accounted for, about 1 KB each. Lines of others are only counted. */
export const VERIFY_PRODUCERS_MAX_DEFAULT = 100_000;

/** `--max-producers` at most: a Map holds 16.7 million entries, and that many runs would take more memory than most machines have. */
export const VERIFY_PRODUCERS_MAX = 10_000_000;

/** Longest name of a producer, and of a run, that is accounted for: far above any in use, and all of them together fit in memory. */
export const VERIFY_NAME_LENGTH_MAX = 256;

/**
 * Ranges of seen numbers that all sequences may remember, up to 100 bytes each, and one sequence: a number is placed among
 * these by moving some of them, so this bounds the time of a line too (a few microseconds).
 */
export const VERIFY_RANGES_MAX = 500_000;
export const VERIFY_SEQUENCE_RANGES_MAX = 4096;

/**
 * A gap wider than this isn't counted as missing lines: at a million lines a second nothing but losses for more than an hour,
 * without one line in between, is less likely than a forged or damaged number.
 */
export const SEQUENCE_JUMP_MAX: number = 2 ** 32;

/** Longest line that verify reads: a wrapped line of 1 MiB of control characters takes six times that. */
export const VERIFY_LINE_BYTES_MAX_DEFAULT: number = 8 * MiB;

/** Longest line that verify parses when it isn't exactly as our producer writes it: what comes of it may take 30 times its length. */
export const VERIFY_PARSED_LENGTH_MAX: number = 64 * KiB;

/** Bytes that verify reads, decompressed: a minute or two of honest lines, and an end for whatever a .gz file expands to. */
export const VERIFY_BYTES_MAX_DEFAULT: number = 16 * 1024 * MiB;

/** Longest event in a file of `done` events: some 400 bytes and the producer's names. */
export const DONE_EVENT_BYTES_MAX: number = 64 * KiB;
