import { UdpDrops } from "../../os/udp-drops.ts";
import { type Claim, forEach, NotMeasurable } from "./claim.ts";
import type { KernelTransport } from "./kernel-transport.ts";

/** More bytes than a tcp connection with its largest default buffers takes. */
const MESSAGES = 30_000;
const BYTES = 200;

/** A message of BYTES bytes that begins with its number. */
function numbered(number: number): Buffer {
  return Buffer.from(`${String(number).padStart(BYTES - 1, "0")}\n`);
}

function numbersIn(received: readonly Buffer[]): number[] {
  const text = Buffer.concat(received).toString("latin1");
  return text.trimEnd().split("\n").map(Number);
}

/** Sends numbered messages into a queue that is full again and again: the receiver reads only when the sender would wait. */
async function sendThroughFullQueue(transport: KernelTransport): Promise<{ waits: number; received: number[] }> {
  const sender = transport.connect();
  const received: Buffer[] = [];
  let waits = 0;
  for (let number = 0; number < MESSAGES; number++) {
    // A stream may take a part of a line.
    for (let unsent = numbered(number); unsent.length > 0; ) {
      const sent = transport.send(sender, unsent);
      if (typeof sent === "number") {
        unsent = unsent.subarray(sent);
        continue;
      }
      if (sent !== "EAGAIN") throw new Error(`a send to ${transport.name} gave ${sent}`);
      waits++;
      const some = await transport.receiveAll(1);
      if (some.length === 0) throw new Error(`${transport.name} is full, and nothing can be read`);
      received.push(...some);
    }
  }
  received.push(...(await transport.receiveAll(MESSAGES * BYTES - bytesOf(received))));
  return { waits, received: numbersIn(received) };
}

function bytesOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

const isInOrder = (numbers: readonly number[]): boolean => numbers.every((number, at) => number === at);

const reliable = forEach(["unixsock", "tcp", "unixgram", "fifo"], (name) => ({
  id: `${name}-reliable`,
  statement: `${name} neither loses nor reorders lines of a sender while the receiver lives, even when its queue is full`,
  ...(name === "unixgram" ? { original: "Unix datagrams may be lost or reordered" } : {}),
  measure: async (open) => {
    const { waits, received } = await sendThroughFullQueue(open(name));
    return {
      isTrue: received.length === MESSAGES && isInOrder(received),
      evidence: `${received.length} of ${MESSAGES} lines arrived, ${isInOrder(received) ? "in order" : "not in order"}; the sender found the queue full ${waits} times`,
    };
  },
}));

const udpOrdered: Claim = {
  id: "udp-ordered-on-loopback",
  statement:
    "udp keeps the order of one sender's lines on the loopback interface, and loses none while the queue has space",
  measure: async (open) => {
    const transport = open("udp");
    const sender = transport.connect();
    const received: Buffer[] = [];
    for (let number = 0; number < MESSAGES; number++) {
      transport.send(sender, numbered(number));
      received.push(...(await transport.receiveAll(BYTES)));
    }
    const numbers = numbersIn(received);
    return {
      isTrue: numbers.length === MESSAGES && isInOrder(numbers),
      evidence: `${numbers.length} of ${MESSAGES} lines arrived, ${isInOrder(numbers) ? "in order" : "not in order"}`,
    };
  },
};

const udpDrops: Claim = {
  id: "udp-drops-uncounted-by-the-sender",
  statement:
    "when its queue is full, udp drops lines, every send still succeeds, and only the receiver's kernel counts the drops",
  measure: async (open) => {
    const transport = open("udp");
    const drops = new UdpDrops(transport.fd);
    const { count, ending } = transport.sendUntilRefused(transport.connect(), numbered(0), MESSAGES);
    const received = (await transport.receiveAll(MESSAGES * BYTES)).length;
    const dropped = drops.read();
    if (dropped === null) throw new NotMeasurable("this kernel doesn't report a socket's drops");
    return {
      isTrue: ending === undefined && received < MESSAGES && received + dropped === MESSAGES,
      evidence: `${count} of ${MESSAGES} sends succeeded, ${received} lines arrived, and the kernel counted ${dropped} drops`,
    };
  },
};

export const DELIVERY: readonly Claim[] = [...reliable, udpOrdered, udpDrops];
