import { expect, test } from "vitest";
import { FULL_READS_MAX, READ_BYTES } from "../../src/core/tuning.ts";
import type { MessageReceiver, StreamReceiver } from "../../src/transports/transport.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";
import { registeredSubject } from "../support/subject.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startWriter } from "../support/writer-process.ts";

const FLOODS = 4;
const BYTES = 256 * 1024 * 1024;

test("tcp: one iteration of the event loop reads a bounded number of bytes from each sender", async () => {
  const { transport, freshEndpoint } = registeredSubject("tcp");
  let received = 0;
  let most = 0;
  let iteration = 0;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const count = (): void => {
    iteration++;
    if (received < BYTES) setImmediate(count);
  };
  const accept = (): StreamReceiver & MessageReceiver => {
    const last = { iteration, bytes: 0 };
    return {
      receive: ({ length }) => {
        if (received >= BYTES) return undefined;
        if (last.iteration !== iteration) Object.assign(last, { iteration, bytes: 0 });
        last.bytes += length;
        most = Math.max(most, last.bytes);
        received += length;
        if (received >= BYTES) finish();
        return undefined;
      },
      receiveBatch: () => {
        throw new Error("a stream has no messages");
      },
      end: () => {},
    };
  };
  const options = { ...recordingOptions(new Recorder()), accept };
  const listener = transport.createListener(freshEndpoint(temporaryDirectory()), options);
  const { endpoint } = await listener.listen();
  count();
  const floods = [];
  for (let i = 0; i < FLOODS; i++) floods.push(await startWriter(endpoint, "stream"));
  await finished;
  await listener.close();
  await Promise.all(floods.map(({ written }) => written));
  expect(most).toBeGreaterThan(READ_BYTES / 8);
  expect(most).toBeLessThanOrEqual(FULL_READS_MAX * READ_BYTES);
});
