/** What the kernel keeps beside a message's bytes in the same bufferBytes of memory: headers and skb_shared_info. */
const OVERHEAD_BYTES = 320;
/** struct sk_buff, in memory of its own. */
const BUFFER_BYTES = 256;
/** Memory comes in powers of two from here on; what is larger comes in pages, with little lost. */
const BUFFER_BYTES_MIN = 512;
const BUFFER_BYTES_MAX = 4096;

/**
 * What a message, or a write to a stream socket, costs of a socket's buffer (SKB_TRUESIZE, include/linux/skbuff.h): a
 * 40-byte line 768, a 200-byte line 1,280. Read off Linux 6.18 by filling sockets; other kernels differ a little.
 */
export function socketCharge(bytes: number): number {
  const bufferBytes = bytes + OVERHEAD_BYTES;
  if (bufferBytes > BUFFER_BYTES_MAX) return BUFFER_BYTES + bufferBytes;
  return BUFFER_BYTES + Math.max(BUFFER_BYTES_MIN, 2 ** Math.ceil(Math.log2(bufferBytes)));
}
