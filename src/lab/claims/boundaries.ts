import { PIPE_BUF_BYTES, UDP_MESSAGE_BYTES_MAX, UNIX_DATAGRAM_BYTES_MAX } from "../../core/kernel-facts.ts";
import { readSysctl } from "../../os/sysctl.ts";
import { type Claim, forEach, NotMeasurable } from "./claim.ts";
import type { KernelTransport } from "./kernel-transport.ts";

/** What two sends of a sender become for the receiver. */
async function twoSends(transport: KernelTransport): Promise<readonly Buffer[]> {
  const sender = transport.connect();
  transport.send(sender, Buffer.from("one\n"));
  transport.send(sender, Buffer.from("two\n"));
  return transport.receiveAll(8);
}

const joined = forEach(["unixsock", "tcp", "fifo"], (name) => ({
  id: `${name}-stream`,
  statement: `${name} carries bytes, not messages: one read can bring several writes, so lines must be framed`,
  measure: async (open) => {
    const { length } = await twoSends(open(name));
    return { isTrue: length === 1, evidence: `two writes arrived in ${length} ${plural(length, "read")}` };
  },
}));

const kept = forEach(["unixgram", "udp"], (name) => ({
  id: `${name}-message`,
  statement: `${name} keeps the boundaries of messages: one receive brings one send`,
  measure: async (open) => {
    const { length } = await twoSends(open(name));
    return { isTrue: length === 2, evidence: `two sends arrived in ${length} ${plural(length, "receive")}` };
  },
}));

/** The default send buffer on which UNIX_DATAGRAM_BYTES_MAX depends. */
const SEND_BUFFER_DEFAULT = 212_992;

const LONGEST = { unixgram: UNIX_DATAGRAM_BYTES_MAX, udp: UDP_MESSAGE_BYTES_MAX } as const;

const longest = forEach(["unixgram", "udp"], (name) => {
  const most = name === "unixgram" ? LONGEST.unixgram : LONGEST.udp;
  return {
    id: `${name}-longest`,
    statement: `the longest message on ${name} has ${most} bytes; a longer one is refused with EMSGSIZE`,
    measure: async (open) => {
      const buffer = readSysctl("net.core.wmem_default");
      if (name === "unixgram" && buffer !== SEND_BUFFER_DEFAULT)
        throw new NotMeasurable(
          `net.core.wmem_default is ${buffer} here, and the limit follows from ${SEND_BUFFER_DEFAULT}`,
        );
      const transport = open(name);
      const sender = transport.connect();
      const [fits, tooLong] = [
        transport.send(sender, Buffer.alloc(most)),
        transport.send(sender, Buffer.alloc(most + 1)),
      ];
      const [arrived] = await transport.receiveAll(most);
      return {
        isTrue: fits === most && tooLong === "EMSGSIZE" && arrived?.length === most,
        evidence: `a message of ${most} bytes arrived with ${arrived?.length ?? 0}; one byte more gave ${tooLong}`,
      };
    },
  };
});

const fifoAtomic: Claim = {
  id: "fifo-atomic",
  statement: `a write of up to ${PIPE_BUF_BYTES} bytes to a FIFO is accepted whole or not at all; a longer one can be cut, and other writers' bytes then fall into its middle`,
  measure: (open) => {
    const transport = open("fifo");
    const sender = transport.connect();
    transport.sendUntilRefused(sender, Buffer.alloc(PIPE_BUF_BYTES, "x"), 100_000);
    transport.receive(); // empties the pipe
    const page = Buffer.alloc(PIPE_BUF_BYTES, "y");
    const { count } = transport.sendUntilRefused(sender, page, 100_000);
    transport.receive();
    transport.sendUntilRefused(sender, page, count - 1); // one page is left
    const long = transport.send(sender, Buffer.alloc(2 * PIPE_BUF_BYTES, "z"));
    const short = transport.send(sender, page);
    return {
      isTrue: long === PIPE_BUF_BYTES && short === "EAGAIN",
      evidence: `with ${PIPE_BUF_BYTES} bytes left in the pipe, ${long} of a write of ${2 * PIPE_BUF_BYTES} were accepted; with none left, a write of ${PIPE_BUF_BYTES} gave ${short}`,
    };
  },
};

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}

export const BOUNDARIES: readonly Claim[] = [...joined, ...kept, ...longest, fifoAtomic];
