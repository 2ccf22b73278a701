import type { TransportName } from "../../core/transport-name.ts";
import { ForeignQueues, type QueuedBytes } from "../../os/foreign-queues.ts";
import { udpQueues } from "../../os/socket-queues.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import type { Collected, Subjects } from "./collector.ts";

/** Short beside a stall, long beside the time that a look takes. */
const LOOK_MS = 20;

/** The queue of one cell. */
interface Queue {
  /** Bytes in it now; undefined when it can't be seen. */
  look(): number | undefined;
  kernel?(): NonNullable<Collected["kernel"]>;
  close?(): void;
}

/** How to see the queue of each transport. */
const QUEUES: Readonly<Record<TransportName, (subjects: Subjects) => Queue>> = {
  unixsock: ({ aggregator }) => unreadIn([aggregator], isSocket),
  // Not from /proc/net/tcp: for each look the kernel walks a table of 262,144 buckets there, which takes 8 ms of a processor with tcp6.
  tcp: ({ aggregator }) => unreadIn([aggregator], isSocket),
  // Of its own datagrams a receiver sees the first one only; senders are charged for theirs until they are received.
  unixgram: ({ senders }) => unreceivedFrom(senders),
  udp: ({ address }) => udpQueue(portOf(address)),
  fifo: ({ aggregator, address }) => unreadIn([aggregator], (name) => name === address.slice(address.indexOf("=") + 1)),
};

/** Looks at the queue between senders and aggregator from time to time. */
export class QueueWatch {
  readonly #transport: TransportName;
  #queue: Queue | undefined;
  #timer: NodeJS.Timeout | undefined;
  #most: Measured<number> = unmeasured("the queue was not looked at");

  constructor({ transport }: { readonly transport: TransportName }) {
    this.#transport = transport;
  }

  begin(subjects: Subjects): void {
    try {
      this.#queue = QUEUES[this.#transport](subjects);
      this.#timer = setInterval(() => this.#look(), LOOK_MS);
    } catch (error) {
      this.#most = unmeasured(`the kernel doesn't show the queue (${error instanceof Error ? error.message : error})`);
    }
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#look();
    this.#queue?.close?.();
  }

  /** The most seen. */
  get bytesMax(): Measured<number> {
    return this.#most;
  }

  kernel(): NonNullable<Collected["kernel"]> {
    return this.#queue?.kernel?.() ?? {};
  }

  #look(): void {
    const bytes = this.#queue?.look();
    if (bytes !== undefined) this.#most = measured("proc", Math.max(this.#most.value ?? 0, bytes));
    else if (this.#most.value === null) this.#most = unmeasured("the kernel doesn't show the queue");
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

function udpQueue(port: number): Queue {
  let drops: number | undefined;
  return {
    look: () => {
      const now = udpQueues(port);
      drops = now?.drops ?? drops;
      return now?.receiveBytes;
    },
    kernel: () => (drops === undefined ? {} : { "udp drops": measured("proc", drops) }),
  };
}

function isSocket(name: string): boolean {
  return name.startsWith("socket:");
}

function unreadIn(pids: readonly number[], isQueue: (name: string) => boolean): Queue {
  return queueOf(pids, isQueue, "unread");
}

function unreceivedFrom(pids: readonly number[]): Queue {
  return queueOf(pids, isSocket, "unreceived");
}

function queueOf(pids: readonly number[], isQueue: (name: string) => boolean, which: QueuedBytes): Queue {
  const processes: ForeignQueues[] = [];
  const close = (): void => {
    for (const one of processes) one.close();
  };
  try {
    for (const pid of pids) processes.push(new ForeignQueues(pid, isQueue));
  } catch (error) {
    close();
    throw error;
  }
  const look = (): number | undefined => {
    const bytes = processes.flatMap((one) => one.bytes(which) ?? []);
    return bytes.length === 0 ? undefined : bytes.reduce((sum, one) => sum + one, 0);
  };
  return { look, close };
}
