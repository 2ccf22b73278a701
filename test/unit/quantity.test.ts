import { expectTypeOf, test } from "vitest";
import type { LineNumber } from "../../src/acks/protocol.ts";
import type { SinkPosition } from "../../src/sink/sink.ts";

test("a line number and a position in the sink don't mix", () => {
  const position: SinkPosition = 100;
  // @ts-expect-error a position is no line number
  const line: LineNumber = position;
  expectTypeOf(line).toExtend<number>();
});
