import type { Backpressure } from "../../src/core/backpressure.ts";
import type { Peer } from "../../src/core/peer.ts";
import type { Channel, Connection, StreamReceiver } from "../../src/transports/transport.ts";

/** A connection without a kernel: a test provides the input, and sees the replies and the receiver. */
export class TestConnection implements Channel, Connection {
  readonly id = 1;
  readonly connection: Connection = this;
  readonly replies: string[] = [];
  receiver: StreamReceiver;
  closed = false;

  constructor(accept: (channel: Channel) => StreamReceiver) {
    this.receiver = accept(this);
  }

  /** Passes bytes from the sender as one chunk, which is overwritten after the call. */
  send(text: string): Backpressure {
    const chunk = Buffer.from(text, "latin1");
    const backpressure = this.receiver.receive(chunk);
    chunk.fill("#");
    return backpressure;
  }

  end(): void {
    this.receiver.end();
  }

  reply(lines: Buffer): undefined {
    this.replies.push(lines.toString());
  }

  peer(): Peer {
    return {};
  }

  handTo(receiver: StreamReceiver): void {
    this.receiver = receiver;
  }

  close(): void {
    this.closed = true;
  }
}
