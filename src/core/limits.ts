/** Limits of the toolkit, each with its reason. A constant with a single use may stand beside that use. Units come last. */

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

/** Largest memory of a finished tail that is kept, one of each size: allocating 8 KiB costs as much as 100 short lines (measured). */
export const SPARE_TAIL_BYTES_MAX: number = 256 * KiB;

/** One write(2) to the output: larger gains nothing, smaller pays per call (measured: best about 256 KiB). */
export const WRITE_BYTES: number = 256 * KiB;

/** What comes alone and is no longer than this is written at once; more is a flood, and waits for the end of the turn. */
export const ALONE_BYTES_MAX: number = 4 * KiB;

/** A block this long is written from where it lies, if nothing waits before it: its copy would cost more than a write(2) saves. */
export const THROUGH_BYTES_MIN: number = 64 * KiB;

/** Shared read buffer of all stream senders: one read(2) takes at most this much, so one sender can't hog a turn. */
export const READ_BYTES: number = 256 * KiB;

/**
 * Read buffer of a FIFO: what is read stays in the processor's nearest caches until it is written. With 256 KiB a line costs a quarter
 * more processor time (measured, five senders).
 */
export const FIFO_READ_BYTES: number = 64 * KiB;

/** Datagrams taken by one recvmmsg(2) and sent by one sendmmsg(2) at most. */
export const RECEIVE_BATCH_MESSAGES = 256;
export const SEND_BATCH_MESSAGES = 64;

/** recvmmsg(2) calls, and bytes from them, in one turn of the event loop before other transports, timers and signals get theirs. */
export const RECEIVE_BATCHES_PER_TURN = 8;
export const RECEIVE_BYTES_PER_TURN: number = 4 * MiB;

/**
 * Memory of one datagram listener's slots. Only pages that a datagram has touched count: 200-byte datagrams touch one or
 * two a slot, so this much is resident only after a batch of the longest ones.
 */
export const RECEIVE_SLOTS_BYTES_MAX: number = 32 * MiB;

/** Connections accepted in one turn of the event loop, for the same reason. */
export const ACCEPTS_PER_TURN = 256;

/** listen(2) backlog; the kernel caps it at net.core.somaxconn. */
export const LISTEN_BACKLOG = 4096;

/** Descriptors kept back from the fd limit for the output, the listeners, Node itself and a margin. */
export const DESCRIPTORS_RESERVED = 32;

/** write(2) to a FIFO is atomic up to here (PIPE_BUF, pipe(7), Linux). */
export const PIPE_BUF_BYTES = 4096;

/** Longest AF_UNIX path: sun_path is 108 bytes with its NUL (unix(7)). */
export const UNIX_PATH_BYTES_MAX = 107;

/** Most a UDP datagram carries over IPv4: 65,535 - 20 (IP) - 8 (UDP) (udp(7)); one more gives EMSGSIZE. */
export const UDP_MESSAGE_BYTES_MAX = 65_507;

/** The same over IPv6, whose own header doesn't count: 65,535 - 8 (RFC 8200, section 3). */
export const UDP_IPV6_MESSAGE_BYTES_MAX = 65_527;

/** Longest AF_UNIX datagram with the default send buffer, net.core.wmem_default = 212,992 (measured; one more is EMSGSIZE). */
export const UNIX_DATAGRAM_BYTES_MAX = 212_960;

/** Messages a unixgram socket should queue (net.unix.max_dgram_qlen, 10 by default): 0.29 M lines/s with 10, 1.15 M with 512. */
export const UNIX_DATAGRAM_QUEUE_ADVISED = 512;

/** Nice value of an aggregator where permitted: on a busy machine one at 0 lost 65 % of a udp flood, one at -10 nothing. */
export const PRIORITY_DEFAULT = -10;

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

/** Shutdown: turns of the loop that must bring nothing before the kernel's buffers count as empty. */
export const DRAIN_QUIET_TURNS = 3;

/**
 * Shutdown: how long a tcp connection must be silent too. A sender's last small segment waits for the acknowledgement
 * of the one before (Nagle), which our kernel may delay by 40 ms (TCP_DELACK_MIN, include/net/tcp.h, Linux).
 */
export const TCP_TRANSIT_MS = 60;

/** A program of this project ends within 2 s of SIGTERM; one that its starter still waits for after this time is killed. */
export const PROGRAM_STOP_MS_MAX = 5000;

/** A starter that finds a stale socket waits at most this long for others that may be replacing it: they need milliseconds. */
export const ADDRESS_LOCK_MS_MAX = 2000;

/** A socket younger than this that nobody answers on may be between bind(2) and listen(2) on a busy machine, so it isn't stale yet. */
export const SOCKET_BIND_MS_MAX = 200;

/** A write(2) is slow when it takes longer than this, and longer than its bytes may take. */
export const SLOW_WRITE_MS = 5;

/** What a file is expected to take at least, bytes a millisecond: a fifth of what the page cache took on a busy machine (measured). */
export const WRITE_BYTES_PER_MS: number = 256 * KiB;

/** Slow writes in a row that move the file to the thread pool, and fast ones that bring it back. */
export const SLOW_WRITES = 2;
export const FAST_WRITES = 4;

/** Bytes of one write on the thread pool: what a turn of the loop may bring, for the next one begins a turn later at the earliest. */
export const POOL_WRITE_BYTES_MAX: number = 16 * MiB;

/**
 * Beside a sync writes go to the thread pool, one a turn, while no more than this waits; above it lines come faster than
 * that, and are written on the main thread, which lets their senders wait instead of filling memory.
 */
export const POOL_QUEUE_BYTES_MAX: number = 4 * MiB;

/** `--durability interval`: what a power cut may cost at most, and cheap enough to be the default. */
export const SYNC_INTERVAL_MS_DEFAULT = 1000;

/** How often the output's name is looked at: a renamed or removed file is noticed within a second. */
export const OUTPUT_LOOK_MS = 500;

/**
 * How long the space of a removed file is counted as free although it doesn't show: longer than file systems that free space in the
 * background take for it, short beside the time that a disk takes to fill up.
 */
export const FREED_SPACE_MS_MAX = 10_000;

/** Pauses between attempts on a file that refuses writes: first and longest. The longest keeps "carries on within 1 s" true. */
export const STALL_RETRY_MS_MIN = 20;
export const STALL_RETRY_MS_MAX = 500;

/**
 * Shutdown: longest time spent trying a file that refuses writes before the rest counts as unwritten. With DRAIN_MS_MAX
 * before it and FINISH_MS_MAX beside it, it leaves a margin to the promised 2 s.
 */
export const CLOSE_WRITE_MS_MAX = 600;

/** Buffer a FIFO gets where the system allows it: with the default 64 KiB, 15 % less throughput for 60 % more CPU (measured). */
export const FIFO_BUFFER_BYTES: number = 1 * MiB;

/** A sender's pauses between attempts to reach a listener: first and longest. The longest keeps reconnects under 100 ms. */
export const RETRY_MS_MIN = 5;
export const RETRY_MS_MAX = 50;

/** Longest path of a file: PATH_MAX with its NUL is 4096 (limits.h, Linux). */
export const PATH_BYTES_MAX = 4095;

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

/** Lines and bytes that leave in one send at most, unless `--batch` says otherwise: more gains nothing (measured). */
export const BATCH_LINES_DEFAULT = 64;
export const BATCH_BYTES_DEFAULT: number = 64 * KiB;

/** Bytes of a batch whatever `--batch` says. */
export const BATCH_BYTES_MAX: number = 64 * MiB;

/** A paced producer sends once in this time: short beside what a log is read for, long beside a system call. */
export const PACE_MS = 1;

/** Timers fire up to this much late (libuv counts whole milliseconds); the rest before a tick is slept exactly. */
export const TIMER_SLACK_MS = 2;

/** Sends in a row without a turn of the event loop, in which signals and closed connections are noticed. */
export const SENDS_PER_TURN = 16;

/** A datagram is offered at most this often in a row: an ICMP error is told once, one that stays is no earlier datagram's. */
export const SEND_RETRIES_MAX = 8;

/** Longest rest at the end of a hot turn: a line comes at most this much later, CPU per line halves (measured). */
export const REST_MS_MAX = 0.5;

/** A rest shorter than this isn't worth its system call. */
export const REST_MS_MIN = 0.02;

/** Turns are hot when this many in a row found input within this time; two late ones in a row end it. */
export const REST_WARM_TURNS = 16;
export const REST_GAP_MS = 0.1;

/**
 * One part in this many of what the kernel holds may come in one turn with a rest before it. A sender that waits for its
 * own buffer leaves the processor to others; one whose queue all share holds up all of them (measured on unixgram: 4 gives
 * twice the throughput of 1.5); and what doesn't fit may be dropped, because a busy machine may wake us late.
 */
export const REST_PEER_SHARE = 1.5;
export const REST_QUEUE_SHARE = 4;
export const REST_DROPS_SHARE = 32;

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

/** One read of a file that is verified, and one chunk of what gunzip gives: what is made of it stays in the nearest caches. */
export const VERIFY_READ_BYTES: number = 64 * KiB;
