/** Sizes and times that only speed depends on, each with what was measured. No promise rests on them. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Largest memory of a finished tail that is kept, one of each size: allocating 8 KiB costs as much as 100 short lines (measured). */
export const SPARE_TAIL_BYTES_MAX: number = 256 * KiB;

/** One write(2) to the output: larger gains nothing, smaller pays per call (measured: best about 256 KiB). */
export const WRITE_BYTES: number = 256 * KiB;

/** What comes alone and is no longer than this is written at once; more is a flood, and waits for the end of the turn. */
export const IMMEDIATE_WRITE_BYTES_MAX: number = 4 * KiB;

/** A block this long is written from where it lies, if nothing waits before it: its copy would cost more than a write(2) saves. */
export const DIRECT_WRITE_BYTES_MIN: number = 64 * KiB;

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
export const RECEIVE_BATCHES_PER_ITERATION = 8;
export const RECEIVE_BYTES_PER_ITERATION: number = 4 * MiB;

/** Connections accepted in one turn of the event loop, for the same reason. */
export const ACCEPTS_PER_ITERATION = 256;

/** listen(2) backlog; the kernel caps it at net.core.somaxconn. */
export const LISTEN_BACKLOG = 4096;

/** Shutdown: turns of the loop that must bring nothing before the kernel's buffers count as empty. */
export const DRAIN_QUIET_ITERATIONS = 3;

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

/** Pauses between attempts on a file that refuses writes: first and longest. The longest keeps "carries on within 1 s" true. */
export const STALL_RETRY_MS_MIN = 20;
export const STALL_RETRY_MS_MAX = 500;

/** Buffer a FIFO gets where the system allows it: with the default 64 KiB, 15 % less throughput for 60 % more CPU (measured). */
export const FIFO_BUFFER_BYTES: number = 1 * MiB;

/** A sender's pauses between attempts to reach a listener: first and longest. The longest keeps reconnects under 100 ms. */
export const RETRY_MS_MIN = 5;
export const RETRY_MS_MAX = 50;

/** Lines and bytes that leave in one send at most, unless `--batch` says otherwise: more gains nothing (measured). */
export const BATCH_LINES_DEFAULT = 64;
export const BATCH_BYTES_DEFAULT: number = 64 * KiB;

/** A paced producer sends once in this time: short beside what a log is read for, long beside a system call. */
export const PACE_MS = 1;

/** Timers fire up to this much late (libuv counts whole milliseconds); the rest before a tick is slept exactly. */
export const TIMER_SLACK_MS = 2;

/** Sends in a row without a turn of the event loop, in which signals and closed connections are noticed. */
export const SENDS_PER_ITERATION = 16;

/** Longest rest at the end of a hot turn: a line comes at most this much later, CPU per line halves (measured). */
export const SLEEP_MS_MAX = 0.5;

/** A rest shorter than this isn't worth its system call. */
export const SLEEP_MS_MIN = 0.02;

/** Turns are hot when this many in a row found input within this time; two late ones in a row end it. */
export const BUSY_ITERATIONS = 16;
export const BUSY_GAP_MS = 0.1;

/**
 * One part in this many of what the kernel holds may come in one turn with a rest before it. A sender that waits for its
 * own buffer leaves the processor to others; one whose queue all share holds up all of them (measured on unixgram: 4 gives
 * twice the throughput of 1.5); and what doesn't fit may be dropped, because a busy machine may wake us late.
 */
export const SLEEP_PEER_SHARE = 1.5;
export const SLEEP_QUEUE_SHARE = 4;
export const SLEEP_DROPS_SHARE = 32;

/** One read of a file that is verified, and one chunk of what gunzip gives: what is made of it stays in the nearest caches. */
export const VERIFY_READ_BYTES: number = 64 * KiB;
