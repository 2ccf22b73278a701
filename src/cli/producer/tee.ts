import { once } from "node:events";
import type { Backpressure } from "../../core/backpressure.ts";

/**
 * Passes chunks on to a stream of this process, as tee(1) does. A slow reader is waited for. Once the reader has gone, chunks are
 * not passed on any more, which is no error.
 */
export function tee(stream: NodeJS.WriteStream): (chunk: Buffer) => Backpressure {
  let isGone = false;
  stream.on("error", () => {
    isGone = true;
  });
  return (chunk) => {
    if (isGone || stream.write(chunk)) return undefined;
    return once(stream, "drain").then(
      () => {},
      () => {}, // its error is handled above
    );
  };
}
