import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, TestRunner, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { hasPath, type TransportName } from "../../src/core/transport-name.ts";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Five lines that each sender is given; the last one ends as the program ends it. */
const LINES = Array.from({ length: 5 }, (_, n) => `{"n":${n},"text":"grün ✓"}`);
const TEXT = `${LINES.join("\n")}\n`;

/** Skips the test, and says why, on a machine without one of the programs. */
function needs(...programs: string[]): void {
  const missing = programs.filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
  if (missing.length === 0) return;
  console.warn(`skipped: ${missing.join(", ")} not installed`);
  TestRunner.getCurrentTest()?.context.skip(`not installed: ${missing.join(", ")}`);
}

/** An aggregator on one transport, and its address in the words that other programs use. */
async function startOn(name: TransportName): Promise<{ aggregator: AggregatorProcess; path: string; port: string }> {
  const aggregator = await AggregatorProcess.start([temporaryAddress(name, temporaryDirectory())]);
  const { address } = aggregator.listening[0] ?? { address: "" };
  return { aggregator, path: address, port: address.split(":").at(-1) ?? "" };
}

/** Runs a program to its end with that input; it must succeed. */
async function feed(input: string, program: string, ...args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["pipe", "inherit", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [status] = await once(child, "close");
  expect({ program, status, stderr }).toEqual({ program, status: 0, stderr: "" });
}

/** Stops the aggregator, and has jq read the file: every line an object, in this order. */
async function expectStored(aggregator: AggregatorProcess, wanted: readonly string[]): Promise<void> {
  const { ledger } = await aggregator.stop();
  expect(ledger).toMatchObject({ received: wanted.length, stored: wanted.length, kernelDrops: 0 });
  const { stdout, status } = spawnSync("jq", ["-c", 'if type == "object" then . else error("no object") end'], {
    input: Buffer.from(aggregator.stored(), "latin1"),
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout.trimEnd().split("\n")).toEqual(wanted);
}

describe("socat", () => {
  test.each<[TransportName, (path: string, port: string) => string]>([
    ["unixsock", (path) => `UNIX-CONNECT:${path}`],
    ["tcp", (_, port) => `TCP:127.0.0.1:${port}`],
    ["unixgram", (path) => `UNIX-SENDTO:${path}`],
    ["udp", (_, port) => `UDP:127.0.0.1:${port}`],
    ["fifo", (path) => `OPEN:${path},wronly`],
  ])("sends over %s", async (name, target) => {
    needs("socat", "jq");
    const { aggregator, path, port } = await startOn(name);
    await feed(TEXT, "socat", "-u", "STDIN", target(path, port));
    await expectStored(aggregator, LINES);
  });

  test("seven at once over unixsock never mix their lines", async () => {
    needs("socat");
    const { aggregator, path } = await startOn("unixsock");
    const texts = Array.from({ length: 7 }, (_, i) =>
      Array.from({ length: 3000 }, (_, n) => `{"s":${i},"n":${n},"pad":"${"p".repeat(n % 300)}"}\n`).join(""),
    );
    await Promise.all(texts.map((text) => feed(text, "socat", "-u", "STDIN", `UNIX-CONNECT:${path}`)));
    const { ledger } = await aggregator.stop();
    expect(ledger).toMatchObject({ received: 21_000, stored: 21_000 });
    const stored = aggregator.storedLines();
    for (const [i, text] of texts.entries()) {
      expect(stored.filter((line) => line.startsWith(`{"s":${i},`)).join("\n") === text.trimEnd(), `sender ${i}`).toBe(
        true,
      );
    }
  });
});

describe("nc", () => {
  test.each<[TransportName, (path: string, port: string) => string[]]>([
    ["unixsock", (path) => ["-N", "-U", path]],
    ["tcp", (_, port) => ["-N", "127.0.0.1", port]],
    ["unixgram", (path) => ["-u", "-U", "-w", "1", path]],
    ["udp", (_, port) => ["-u", "-w", "1", "127.0.0.1", port]],
  ])("sends over %s", async (name, args) => {
    needs("nc", "jq");
    const { aggregator, path, port } = await startOn(name);
    await feed(TEXT, "nc", ...args(path, port));
    await expectStored(aggregator, LINES);
  });
});

describe("logger", () => {
  /** The text of a wrapped syslog message, without what logger puts before it: priority, time, tag. */
  const messages = (aggregator: AggregatorProcess): string[] =>
    aggregator.storedLines().map((line) => /^\{"_raw":"<13>.*tag: (.*)"\}$/.exec(withoutOrigin(line))?.[1] ?? line);

  test.each<[TransportName, (path: string, port: string) => string[]]>([
    ["unixgram", (path) => ["--socket", path]],
    ["unixsock", (path) => ["--socket", path]],
    ["udp", (_, port) => ["--udp", "--server", "127.0.0.1", "--port", port]],
    ["tcp", (_, port) => ["--tcp", "--server", "127.0.0.1", "--port", port]],
  ])("sends over %s", async (name, args) => {
    needs("logger");
    const { aggregator, path, port } = await startOn(name);
    await feed("one\ntwo\nthree\n", "logger", "--rfc3164", "--tag", "tag", ...args(path, port));
    const { ledger } = await aggregator.stop();
    expect(messages(aggregator)).toEqual(["one", "two", "three"]);
    expect(ledger).toMatchObject({ received: 3, stored: 3 });
  });
});

describe("a shell", () => {
  test("writes to a FIFO, one redirection a line, a hundred times", async () => {
    needs("jq");
    const { aggregator, path } = await startOn("fifo");
    await feed("", "sh", "-c", `for n in $(seq 0 99); do printf '{"n":%d}\\n' $n > ${path}; done`);
    await expectStored(
      aggregator,
      Array.from({ length: 100 }, (_, n) => `{"n":${n}}`),
    );
  });

  test("ships a file by redirection, and several at once keep their lines whole", async () => {
    const { aggregator, path } = await startOn("fifo");
    const text = (name: string): string =>
      Array.from({ length: 2000 }, (_, n) => `{"by":"${name}","n":${n}}\n`).join("");
    // head -c and dd would cut anywhere; line-buffered writers are what keeps lines whole on a FIFO (pipe(7)).
    const writers = ["a", "b", "c"].map((name) => feed(text(name), "sh", "-c", `exec stdbuf -oL grep . > ${path}`));
    await Promise.all(writers);
    const { ledger } = await aggregator.stop();
    expect(ledger).toMatchObject({ received: 6000, stored: 6000 });
    for (const name of ["a", "b", "c"]) {
      const own = aggregator.storedLines().filter((line) => line.includes(`"${name}"`));
      expect(own.map((line) => `${line}\n`).join("") === text(name), `writer ${name}`).toBe(true);
    }
  });
});

/** Connects by Python's socket module, or opens the FIFO, and sends standard input in chunks of that many bytes. */
const PYTHON_SENDER = `
import socket, sys
kind, address, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
text = sys.stdin.buffer.read()
if kind == "fifo":
    file = open(address, "wb", buffering=0)
    send = file.write
else:
    family = socket.AF_UNIX if kind.startswith("unix") else socket.AF_INET
    type = socket.SOCK_STREAM if kind in ("unixsock", "tcp") else socket.SOCK_DGRAM
    link = socket.socket(family, type)
    link.connect(address if family == socket.AF_UNIX else ("127.0.0.1", int(address)))
    send = link.sendall
chunks = text.splitlines(keepends=True) if step == 0 else [text[i:i + step] for i in range(0, len(text), step)]
for chunk in chunks: send(chunk)
`;

import { withoutOrigin } from "../support/wrapped.ts";

describe("Python", () => {
  test.each<[TransportName, number]>([
    ["unixsock", 1],
    ["unixsock", 0],
    ["tcp", 1],
    ["tcp", 7],
    ["fifo", 1],
    ["unixgram", 0],
    ["udp", 0],
  ])("its socket module sends over %s in chunks of %d bytes (0: one line each)", async (name, step) => {
    needs("python3", "jq");
    const { aggregator, path, port } = await startOn(name);
    const address = hasPath(name) ? path : port;
    await feed(TEXT, "python3", "-c", PYTHON_SENDER, name, address, String(step));
    await expectStored(aggregator, LINES);
  });

  test.each<TransportName>(["unixgram", "udp"])("its SysLogHandler logs over %s", async (name) => {
    needs("python3");
    const { aggregator, path, port } = await startOn(name);
    const program = [
      "import logging, logging.handlers, sys",
      "address = ('127.0.0.1', int(sys.argv[2])) if sys.argv[1] == 'udp' else sys.argv[2]",
      "log = logging.getLogger()",
      "log.addHandler(logging.handlers.SysLogHandler(address))",
      "for n in range(3): log.warning('message %d', n)",
    ].join("\n");
    await feed("", "python3", "-c", program, name, hasPath(name) ? path : port);
    await aggregator.stop();
    // It ends each message with a NUL, which is kept as it came.
    expect(aggregator.storedLines().map(withoutOrigin)).toEqual(
      [0, 1, 2].map((n) => `{"_raw":"<12>message ${n}\\u0000"}`),
    );
  });
});
