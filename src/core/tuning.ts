/** Sizes and times that affect only speed, each with what was measured. No promise depends on them. */

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Largest buffer of a completed tail that is kept for reuse, one of each size: allocating 8 KiB costs as much as 100
 * short lines (measured).
 */
export const SPARE_TAIL_BYTES_MAX: number = 256 * KiB;

/** Bytes of one write(2) to the output: more gains nothing, fewer cost more calls (measured: best about 256 KiB). */
export const WRITE_BYTES: number = 256 * KiB;

/**
 * A single block of up to this size is written immediately; otherwise blocks are collected until the end of the
 * iteration.
 */
export const IMMEDIATE_WRITE_BYTES_MAX: number = 4 * KiB;

/**
 * A block of at least this size is written without a copy, if nothing is queued before it: copying would cost more than
 * a saved write(2).
 */
export const DIRECT_WRITE_BYTES_MIN: number = 64 * KiB;

/** Read buffer that all stream senders share: one read(2) returns at most this much. */
export const READ_BYTES: number = 256 * KiB;

/**
 * Consecutive full buffers of one stream sender before the others are read. libuv would read 32 from one that keeps
 * filling them (uv__read in its src/unix/stream.c), 8 MiB, for which all others wait. Beside four tcp floods the median
 * wait of a line fell from 233 to 39 ms (bench/fairness.ts), for 2 % more processor time; two instead of four cost 20 %.
 */
export const FULL_READS_MAX = 4;

/**
 * Read buffer of a FIFO: its content stays in the processor's nearest caches until it is written. With 256 KiB a line
 * costs a quarter more processor time (measured, five senders).
 */
export const FIFO_READ_BYTES: number = 64 * KiB;

/** Most datagrams that one recvmmsg(2) receives and that one sendmmsg(2) sends. */
export const RECEIVE_BATCH_MESSAGES = 256;
export const SEND_BATCH_MESSAGES = 64;

/**
 * Most recvmmsg(2) calls, and bytes from them, per iteration of the event loop: other transports, timers and signals
 * come next.
 */
export const RECEIVE_BATCHES_PER_ITERATION = 8;
export const RECEIVE_BYTES_PER_ITERATION: number = 4 * MiB;

/** Most connections accepted per iteration of the event loop, for the same reason. */
export const ACCEPTS_PER_ITERATION = 256;

/** listen(2) backlog; the kernel caps it at net.core.somaxconn. */
export const LISTEN_BACKLOG = 4096;

/** Shutdown: consecutive iterations of the event loop without input after which the kernel's buffers count as empty. */
export const DRAIN_QUIET_ITERATIONS = 3;

/** A write(2) is slow when it takes longer than this and longer than its size explains (WRITE_BYTES_PER_MS). */
export const SLOW_WRITE_MS = 5;

/**
 * Expected minimum speed of a file, bytes per millisecond: a fifth of the page cache's speed on a busy machine
 * (measured).
 */
export const WRITE_BYTES_PER_MS: number = 256 * KiB;

/** Consecutive slow writes that move writing to the thread pool, and consecutive fast ones that move it back. */
export const SLOW_WRITES = 2;
export const FAST_WRITES = 4;

/**
 * Bytes of one write on the thread pool: what one iteration may bring, since the next write starts an iteration later
 * at the earliest.
 */
export const POOL_WRITE_BYTES_MAX: number = 16 * MiB;

/**
 * During a sync, writes go to the thread pool, one per iteration, while at most this much is queued. Above it, lines
 * arrive faster than that, and the main thread writes them, so that senders wait instead of filling memory.
 */
export const POOL_QUEUE_BYTES_MAX: number = 4 * MiB;

/**
 * First and longest pause between attempts on a file that refuses writes. The longest keeps "carries on within 1 s"
 * true.
 */
export const STALL_RETRY_MS_MIN = 20;
export const STALL_RETRY_MS_MAX = 500;

/**
 * Buffer of a FIFO where the system allows it: with the default of 64 KiB, throughput is 15 % lower and CPU time 60 %
 * higher (measured).
 */
export const FIFO_BUFFER_BYTES: number = 1 * MiB;

/**
 * A sender's first and longest pause between attempts to reach a listener. The longest keeps reconnects under 100 ms.
 */
export const RETRY_MS_MIN = 5;
export const RETRY_MS_MAX = 50;

/** Most lines and bytes in one send, unless `--batch` says otherwise: more gains nothing (measured). */
export const BATCH_LINES_DEFAULT = 64;
export const BATCH_BYTES_DEFAULT: number = 64 * KiB;

/**
 * A paced producer sends once per this time: too short to matter to a reader of the log, long compared with a system
 * call.
 */
export const PACE_MS = 1;

/** Pause before a lock that another process has, or a socket that is being bound, is tried again. */
export const ADDRESS_RETRY_MS = 5;

/** Timers fire up to this late (libuv counts whole milliseconds); the remaining time before a tick is slept exactly. */
export const TIMER_SLACK_MS = 2;

/** Consecutive sends without an iteration of the event loop, in which signals and closed connections are noticed. */
export const SENDS_PER_ITERATION = 16;

/**
 * Longest sleep per busy iteration: a line is delayed by at most this much, and CPU time per line halves (measured).
 */
export const SLEEP_MS_MAX = 0.5;

/** A shorter sleep isn't worth its system call. */
export const SLEEP_MS_MIN = 0.02;

/**
 * The event loop is busy when this many consecutive iterations found input within this time; two late ones in a row
 * end it.
 */
export const BUSY_ITERATIONS = 16;
export const BUSY_GAP_MS = 0.1;

/**
 * At most this much may arrive in an iteration with a sleep before it. A sender with a connection of its own waits only
 * for its own buffer, which leaves the processor to others; a FIFO is shared, and stops all its senders when it is
 * full. Where overflow is dropped, the margin must be larger, because a busy machine may wake us late. Limits that
 * follow each socket's buffer gained nothing beyond the noise (docs/decisions/0007).
 */
export const SLEEP_BYTES_PER_SENDER: number = 43 * KiB;
export const SLEEP_BYTES_SHARED: number = 16 * KiB;
export const SLEEP_BYTES_DROPPING: number = 2 * KiB;

/**
 * Where the kernel limits the number of queued messages for all senders together, at most the queue divided by this
 * number may arrive: a full queue stops all of them (measured on unixgram: 4 gives twice the throughput of 1.5).
 */
export const SLEEP_QUEUE_SHARE = 4;

/**
 * One read of a file that is verified, and one chunk of gunzip's output: its data stays in the processor's nearest
 * caches.
 */
export const VERIFY_READ_BYTES: number = 64 * KiB;
