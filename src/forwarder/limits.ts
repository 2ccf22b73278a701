/** What a forwarder promises at most, and its defaults. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** One message per block instead of one per line is 30 times the throughput (measured with 64 KiB). */
export const BLOCK_BYTES_DEFAULT: number = 64 * KiB;

/** Larger blocks gain nothing, and most engines refuse them. */
export const BLOCK_BYTES_MAX: number = 8 * MiB;

/** How long lines wait for others, and how often the file is looked at. */
export const LINGER_MS_DEFAULT = 100;

/** Blocks that may be unacknowledged: enough for a local network. */
export const WINDOW_BLOCKS_DEFAULT = 16;

/** The lengths of so many blocks fit into a slot of the checkpoint, beside the marks of all files. */
export const WINDOW_BLOCKS_MAX = 256;

/** Bytes that may be unacknowledged, and are in memory. */
export const IN_FLIGHT_BYTES_DEFAULT: number = 16 * MiB;

/** As OpenTelemetry's exporters wait for the answer to a request. */
export const ANSWER_MS_DEFAULT = 10_000;

/** OpenTelemetry's name of a service that has none. */
export const SERVICE_DEFAULT = "unknown_service";
