import { closeSync } from "node:fs";
import { onTestFinished } from "vitest";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { errnoError, write } from "../../src/os/libc.ts";
import { openDescriptor } from "./raw-descriptor.ts";

/** A sender that knows nothing about lines: a descriptor to which each text is written by one call. */
export interface RawSender {
  /** One write(2): on a message transport one message. @throws when the kernel doesn't take all of it at once */
  write(text: string): void;
  close(): void;
}

/** Connects within one iteration of the event loop, so that the listener can't have noticed yet. */
export function openRawSender(endpoint: Endpoint, boundary: "stream" | "message"): RawSender {
  const fd = openDescriptor(endpoint, boundary);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  onTestFinished(close);
  return {
    write: (text) => {
      const bytes = Buffer.from(text, "latin1");
      const taken = write(fd, bytes, bytes.length);
      if (taken !== bytes.length) throw taken < 0 ? errnoError("write") : new Error(`short write: ${taken}`);
    },
    close,
  };
}
