/** Bytes that the kernel stores in the same allocation as a message: headers and skb_shared_info. */
const OVERHEAD_BYTES = 320;
/** struct sk_buff, which is allocated separately. */
const BUFFER_BYTES = 256;
/** Allocations between these sizes are powers of two; larger ones consist of pages, with little waste. */
const BUFFER_BYTES_MIN = 512;
const BUFFER_BYTES_MAX = 4096;

/**
 * Bytes of a socket's buffer that a message, or a write to a stream socket, occupies (SKB_TRUESIZE,
 * include/linux/skbuff.h): 768 for a 40-byte line, 1,280 for a 200-byte line. Measured on Linux 6.18 by filling
 * sockets; other kernels differ slightly.
 */
export function socketCharge(bytes: number): number {
  const bufferBytes = bytes + OVERHEAD_BYTES;
  if (bufferBytes > BUFFER_BYTES_MAX) return BUFFER_BYTES + bufferBytes;
  return BUFFER_BYTES + Math.max(BUFFER_BYTES_MIN, 2 ** Math.ceil(Math.log2(bufferBytes)));
}
