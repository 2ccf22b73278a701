import { expect, onTestFinished, test, vi } from "vitest";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import type { MessageBatch } from "../../src/core/message-batch.ts";
import type { Peer } from "../../src/core/peer.ts";
import { createListener } from "../../src/transports/udp/listener.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";

const SENDERS = 1500;
/** Fewer than fit in the smallest receive buffer. */
const AT_ONCE = 100;

/** Notes who sent each message. */
class PeerRecorder extends Recorder {
  readonly peers: (Peer | undefined)[] = [];

  override receiveBatch(batch: MessageBatch): Promise<void> | undefined {
    for (let i = 0; i < batch.count; i++) this.peers.push(batch.peer?.(i));
    return super.receiveBatch(batch);
  }
}

test("within a second, 1,500 senders of messages are looked at once each", async () => {
  vi.useFakeTimers({ toFake: ["performance"] }); // the second doesn't pass
  onTestFinished(() => void vi.useRealTimers());
  const recorder = new PeerRecorder();
  const options = recordingOptions(recorder, { identifies: true });
  const listener = createListener({ transport: "udp", host: "127.0.0.1", port: 0 }, options);
  onTestFinished(() => listener.close());
  const { endpoint } = await listener.listen();
  if (isPathEndpoint(endpoint)) throw new Error("a path");
  const senders = Array.from({ length: SENDERS }, () => DatagramSocket.udp(endpoint.host, endpoint.port));
  for (let sent = 0; sent < 2 * SENDERS; sent += AT_ONCE) {
    for (let i = sent; i < sent + AT_ONCE; i++) expect(senders[i % SENDERS]?.send("{}\n")).toBe("sent");
    await recorder.until(() => recorder.peers.length === sent + AT_ONCE);
  }
  expect(new Set(recorder.peers).size).toBe(SENDERS);
  expect(recorder.peers.slice(SENDERS)).toEqual(recorder.peers.slice(0, SENDERS));
});
