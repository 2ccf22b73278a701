import { expect, test } from "vitest";
import { BlockBuffers } from "../../src/forwarder/block-buffers.ts";

test("memory is used again once it is released, and never twice at a time", () => {
  const buffers = new BlockBuffers(1024);
  const [one, other] = [buffers.take(), buffers.take()];
  expect(one.buffer).not.toBe(other.buffer);
  buffers.release(one.subarray(0, 10));
  buffers.release(one);
  const again = buffers.take();
  expect(again.buffer).toBe(one.buffer);
  expect(again).toHaveLength(1024);
  expect(buffers.take().buffer).not.toBe(one.buffer);
});

test("memory that came from elsewhere is not taken, whatever its size", () => {
  const buffers = new BlockBuffers(Buffer.poolSize);
  const pooled = Buffer.from("of the pool that Node shares");
  buffers.release(pooled);
  expect(buffers.take().buffer).not.toBe(pooled.buffer);
});
