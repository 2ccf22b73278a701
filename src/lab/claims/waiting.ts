import { type Claim, forEach } from "./claim.ts";
import type { KernelTransport, Sent } from "./kernel-transport.ts";

const LINE = Buffer.alloc(200, "x");
/** More than any default queue takes, and no more than a tcp connection with its largest buffers. */
const LINES_MAX = 200_000;

const waits = forEach(["unixsock", "tcp", "unixgram", "fifo"], (name) => ({
  id: `${name}-waits`,
  statement: `when the receiver doesn't read, a sender on ${name} waits, and every line that the kernel accepted can be read later`,
  measure: async (open) => {
    const transport = open(name);
    const { count, ending } = transport.sendUntilRefused(transport.connect(), LINE, LINES_MAX);
    // A stream may take a part of the line that doesn't fit.
    const accepted = count * LINE.length + (typeof ending === "number" ? ending : 0);
    const parts = await transport.receiveAll(accepted);
    const received = parts.reduce((sum, { length }) => sum + length, 0);
    return {
      isTrue: ending !== undefined && received === accepted,
      evidence: `${count} lines of ${LINE.length} bytes were accepted before the sender had to wait; ${received} of ${accepted} bytes could be read`,
    };
  },
}));

/** One of two senders sends until it would have to wait, and then the other one sends a line. */
function fillBesideAnother(transport: KernelTransport): { count: number; ending?: Sent; sent: Sent } {
  const [one, other] = [transport.connect(), transport.connect()];
  return { ...transport.sendUntilRefused(one, LINE, LINES_MAX), sent: transport.send(other, LINE) };
}

const ownQueue = forEach(["unixsock", "tcp"], (name) => ({
  id: `${name}-own-queue`,
  statement: `on ${name} each sender has a queue of its own: one that fills it doesn't make others wait`,
  measure: (open) => {
    const { count, ending, sent } = fillBesideAnother(open(name));
    return {
      isTrue: ending !== undefined && sent === LINE.length,
      evidence: `after ${count} lines one sender had to wait; another's send of ${LINE.length} bytes returned ${sent}`,
    };
  },
}));

const sharedQueue = forEach(["unixgram", "fifo"], (name) => ({
  id: `${name}-shared-queue`,
  statement: `on ${name} all senders share one queue: one that fills it makes all of them wait`,
  measure: (open) => {
    const { count, ending, sent } = fillBesideAnother(open(name));
    return {
      isTrue: ending === "EAGAIN" && sent === "EAGAIN",
      evidence: `after ${count} lines one sender had to wait; another's send returned ${sent}`,
    };
  },
}));

export const WAITING: readonly Claim[] = [...waits, ...ownQueue, ...sharedQueue];
