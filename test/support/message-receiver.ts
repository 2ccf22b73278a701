import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/**
 * Binds, reports that, and copies each datagram, or what arrives through a FIFO, to stdout. With "paused" it starts to
 * receive at a line on stdin. At the next line it receives what has arrived, and ends.
 */
const PROGRAM = `
import os, select, socket, sys
kind, address, paused = sys.argv[1:4]
def say(text):
    sys.stderr.write(text + "\\n")
    sys.stderr.flush()
def wait_for_line():
    os.read(0, 4096)
if kind == "fifo":
    if not os.path.exists(address):
        os.mkfifo(address)
    # Open for writing too: writers may come and go, and the end of one is not the end.
    fd = os.open(address, os.O_RDWR | os.O_NONBLOCK)
    say("ready")
    take = lambda: os.read(fd, 65536)
else:
    if kind == "unixgram":
        if os.path.exists(address):
            os.unlink(address)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(address)
    else:
        host, port = address.rsplit(":", 1)
        receiver = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiver.bind((host, int(port)))
    say("ready " + (str(receiver.getsockname()[1]) if kind == "udp" else ""))
    receiver.setblocking(False)
    fd = receiver.fileno()
    take = lambda: receiver.recv(1 << 20)
if paused:
    wait_for_line()
def copy_what_is_there():
    while True:
        try:
            data = take()
        except BlockingIOError:
            return
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
while True:
    ready = select.select([fd, 0], [], [])[0]
    copy_what_is_there()
    if 0 in ready:
        break
`;

/** A receiver that shares no code with the project: Python's socket module. */
export class MessageReceiver {
  readonly #child: ChildProcess;
  readonly #chunks: Buffer[] = [];
  #lines = 0;
  #watch: (() => void) | undefined;
  /** The address that senders use: a path, or a host and its port. */
  address: string;
  port = 0;

  private constructor(kind: string, address: string, isPaused: boolean) {
    this.address = address;
    this.#child = spawn("python3", ["-c", PROGRAM, kind, address, isPaused ? "paused" : ""], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      for (const byte of chunk) if (byte === 0x0a) this.#lines++;
      this.#watch?.();
    });
  }

  /**
   * Resolves when it is bound. A FIFO is made where it is missing, and a socket that an earlier one left is replaced.
   */
  static async start(
    kind: "unixgram" | "udp" | "fifo",
    address: string,
    options: { paused?: boolean } = {},
  ): Promise<MessageReceiver> {
    const receiver = new MessageReceiver(kind, address, options.paused === true);
    const stderr = receiver.#child.stderr;
    if (stderr === null) throw new Error("stderr is a pipe");
    const [ready] = await once(stderr.setEncoding("utf8"), "data");
    if (!String(ready).startsWith("ready")) throw new Error(String(ready));
    const [, port = ""] = String(ready).trimEnd().split(" ");
    receiver.port = Number(port);
    if (port !== "") receiver.address = address.replace(/\d+$/, port);
    return receiver;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  /** Starts a paused receiver. */
  resume(): void {
    this.#child.stdin?.write("go\n");
  }

  /** Resolves once this many lines have arrived. */
  async lines(count: number): Promise<void> {
    while (this.#lines < count) {
      await new Promise<void>((resolve) => {
        this.#watch = resolve;
      });
    }
  }

  /** Makes it receive what has arrived, and end; its socket's path stays. */
  async finish(): Promise<void> {
    const closed = once(this.#child, "close");
    this.resume();
    await closed;
  }

  /** Ends it at once; its socket's path stays. */
  async kill(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}
