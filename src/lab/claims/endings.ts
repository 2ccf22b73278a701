import { constants } from "node:fs";
import type { TransportName } from "../../core/transport-name.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { read } from "../../os/libc.ts";
import { type Claim, forEach } from "./claim.ts";
import type { KernelTransport, Sent } from "./kernel-transport.ts";

const LINE = Buffer.from(`${"x".repeat(199)}\n`);
const LINES = 10;

/** Sends after the receiver has gone, until a send fails. @returns the sends that succeeded, and what the failing one gave */
function sendsAfterwards(transport: KernelTransport, sender: number): { succeeded: number; ending: Sent | undefined } {
  const { count, ending } = transport.sendUntilRefused(sender, LINE, LINES);
  return { succeeded: count, ending };
}

const ERRORS: Readonly<Record<TransportName, readonly string[]>> = {
  unixsock: ["EPIPE", "ECONNRESET"],
  tcp: ["EPIPE", "ECONNRESET"],
  unixgram: ["ECONNREFUSED"],
  udp: ["ECONNREFUSED"],
  fifo: ["EPIPE"],
};

const crashes = forEach(["unixsock", "tcp", "unixgram"], (name) => ({
  id: `${name}-crash`,
  statement: `when the receiver is killed, ${name} loses the lines that it had not read, and the sender's next send fails`,
  measure: (open) => {
    const transport = open(name);
    const sender = transport.connect();
    const { count } = transport.sendUntilRefused(sender, LINE, LINES);
    transport.closeReceiver();
    const { succeeded, ending } = sendsAfterwards(transport, sender);
    return {
      isTrue: count > 0 && succeeded === 0 && ERRORS[name].includes(String(ending)),
      evidence: `the kernel had accepted ${count} lines when the receiver's descriptors were closed; the next send gave ${ending}`,
    };
  },
}));

const udpCrash: Claim = {
  id: "udp-crash",
  statement:
    "when the receiver is killed, udp loses the lines that it had not read; on loopback the first send after that succeeds and is lost too, and a later one fails",
  measure: (open) => {
    const transport = open("udp");
    const sender = transport.connect();
    transport.send(sender, LINE);
    transport.closeReceiver();
    const { succeeded, ending } = sendsAfterwards(transport, sender);
    return {
      isTrue: succeeded === 1 && ending === "ECONNREFUSED",
      evidence: `after the receiver's descriptor was closed, ${succeeded} send succeeded, and the next one gave ${ending}`,
    };
  },
};

const fifoCrash: Claim = {
  id: "fifo-keeps-what-waits",
  statement: "what waits in a FIFO outlives its reader as long as a writer has it open: the next reader gets it",
  measure: (open) => {
    const transport = open("fifo");
    const sender = transport.connect();
    const { count } = transport.sendUntilRefused(sender, LINE, LINES);
    transport.closeReceiver();
    const meanwhile = transport.send(sender, LINE);
    const reader = transport.openFifo(constants.O_RDONLY);
    const memory = Buffer.alloc(2 * LINES * LINE.length);
    const bytes = read(reader, memory, memory.length);
    closeDescriptor(reader);
    return {
      isTrue: count === LINES && meanwhile === "EPIPE" && bytes === LINES * LINE.length,
      evidence: `${count} lines were sent before the reader was closed; without a reader a send gave ${meanwhile}; the next reader got ${bytes / LINE.length} lines`,
    };
  },
};

const exact = forEach(["unixsock", "unixgram"], (name) => ({
  id: `${name}-exact-stop`,
  statement: `a receiver on ${name} can refuse senders from one moment on and still read everything that was accepted before it`,
  measure: async (open) => {
    const transport = open(name);
    const sender = transport.connect();
    const { count } = transport.sendUntilRefused(sender, LINE, LINES);
    transport.refuseSenders();
    const refused = transport.send(sender, LINE);
    const parts = await transport.receiveAll(count * LINE.length);
    const received = parts.reduce((sum, { length }) => sum + length, 0) / LINE.length;
    return {
      isTrue: refused === "EPIPE" && received === count && count > 0,
      evidence: `after shutdown(2) a send gave ${refused}, and ${received} of ${count} lines could be read`,
    };
  },
}));

const tcpStop: Claim = {
  id: "tcp-no-exact-stop",
  statement: "tcp has no such moment: after shutdown(2) for reading, the kernel still accepts what the sender writes",
  measure: (open) => {
    const transport = open("tcp");
    const sender = transport.connect();
    transport.refuseSenders();
    const { count } = transport.sendUntilRefused(sender, LINE, LINES);
    return { isTrue: count === LINES, evidence: `after shutdown(2), ${count} of ${LINES} sends succeeded` };
  },
};

const absent = forEach(["unixsock", "tcp", "unixgram", "udp", "fifo"], (name) => ({
  id: `${name}-absent`,
  statement:
    name === "udp"
      ? "a udp sender doesn't notice that nobody listens: it can connect, and its first send succeeds"
      : `a sender on ${name} learns at once that nobody listens`,
  measure: (open) => {
    const transport = open(name);
    transport.closeReceiver();
    let outcome: Sent;
    try {
      outcome = transport.send(transport.connect(), LINE);
    } catch (error) {
      outcome = (error as NodeJS.ErrnoException).code ?? String(error);
    }
    const expected = name === "udp" ? LINE.length : name === "fifo" ? "ENXIO" : "ECONNREFUSED";
    return { isTrue: outcome === expected, evidence: `connecting and sending ${LINE.length} bytes gave ${outcome}` };
  },
}));

export const ENDINGS: readonly Claim[] = [...crashes, udpCrash, fifoCrash, ...exact, tcpStop, ...absent];
