import type { MessageBatch } from "../../src/core/message-batch.ts";

/** Messages as recvmmsg(2) leaves them: each in its slot, truncated if it didn't fit, with old bytes after it. */
export function messageBatch(messages: readonly Buffer[], slotBytes: number): MessageBatch {
  const messageBytesMax = slotBytes - 1;
  const bytes = Buffer.alloc(messages.length * slotBytes, "#");
  for (const [i, message] of messages.entries()) message.copy(bytes, i * slotBytes, 0, messageBytesMax);
  return {
    bytes,
    slotBytes,
    count: messages.length,
    length: (index) => Math.min(messages[index]?.length ?? 0, messageBytesMax),
    truncated: (index) => (messages[index]?.length ?? 0) > messageBytesMax,
  };
}
