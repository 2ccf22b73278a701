/** A bug that is planted, and the test that has to catch it. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** What the file contains, exactly once. */
  readonly sound: string;
  /** What replaces it. */
  readonly broken: string;
  readonly test: string;
}

/** At least one for each fault row and for each kind of broken promise that rows examine. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "drop the fsync",
    file: "src/sink/syncer.ts",
    sound: "fdatasync(fd, (error) => {",
    broken:
      "((_: number, done: (error: null) => void) => void setImmediate(done, null))(fd, (error: Error | null) => {",
    test: "test/faults/power-cut.test.ts",
  },
  {
    name: "acknowledge early",
    file: "src/sink/syncer.ts",
    sound: "if (this.#policy.confirmsOnWrite) this.#confirm(position);",
    broken: "this.#confirm(position);",
    test: "test/faults/call-order.test.ts",
  },
  {
    name: "ignore a short write",
    file: "src/sink/file-writer.ts",
    sound: "this.#queue.written(bytes);",
    broken: "this.#queue.written(asked);",
    test: "test/faults/refused-calls.test.ts",
  },
  {
    name: "skip the repair",
    file: "src/sink/repair.ts",
    sound: "if (whole === size) return undefined;",
    broken: "if (whole <= size) return undefined;",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "skip the directory's sync",
    file: "src/sink/output-file.ts",
    sound: "    fsyncSync(fd);",
    broken: "    if (fd < 0) fsyncSync(fd);",
    test: "test/faults/call-order.test.ts",
  },
  {
    name: "no O_APPEND",
    file: "src/sink/open-output.ts",
    sound: "O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK",
    broken: "O_RDWR | (0 * O_APPEND) | O_NOFOLLOW | O_NONBLOCK",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "unlink without probing",
    file: "src/transports/shared/unix-path.ts",
    sound: 'if (holder !== "nobody") {',
    broken: "if (holder === undefined) {",
    test: "test/process/aggregator-addresses.test.ts",
  },
  {
    name: "take the end of the connection as an acknowledgement",
    file: "src/acks/sending/acked-sender.ts",
    sound: "over: (fatal) => void this.#reconnect(fatal),",
    broken: "over: (fatal) => (this.#window.acknowledge(this.#window.next - 1), void this.#reconnect(fatal)),",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "take a second run for the first",
    file: "src/acks/protocol.ts",
    sound: "return { producer, run, first };",
    broken: 'return { producer, run: "", first };',
    test: "test/faults/acked-names.test.ts",
  },
  {
    name: "believe any number of lines",
    file: "src/acks/sending/acked-connection.ts",
    sound: "return answer.next > sent ?",
    broken: "return answer.next > Number.MAX_VALUE ?",
    test: "test/process/producer-ack-distrust.test.ts",
  },
  {
    name: "compress without a sync",
    file: "src/sink/compress.ts",
    sound: "    await target.sync();\n",
    broken: "",
    test: "test/faults/power-cut.test.ts",
  },
  {
    name: "prune only after a rotation",
    file: "src/sink/retention.ts",
    sound: "      await this.#tidy(files);\n    } catch (cause) {",
    broken: "    } catch (cause) {",
    test: "test/faults/crash-loop.test.ts",
  },
  {
    name: "rename whatever has the output's name",
    file: "src/sink/output-file.ts",
    sound: "    if (!isOurs) giveBack(name, this.path);\n",
    broken: "",
    test: "test/process/output-replaced-in-rotation.test.ts",
  },
  {
    name: "acknowledge before the write",
    file: "src/acks/receiving/acked-channel.ts",
    sound: "    this.#framer.push(chunk);",
    broken:
      "    this.#reply({ ack: this.next + chunk.filter((byte) => byte === 0x0a).length - 1 });\n    this.#framer.push(chunk);",
    test: "test/faults/call-order.test.ts",
  },
  {
    name: "forget what was taken when its sender comes back",
    file: "src/acks/receiving/acked-channel.ts",
    sound: "this.#firstLine = Math.max(first, progress.next);",
    broken: "this.#firstLine = first;",
    test: "test/faults/cut-connections.test.ts",
  },
  {
    name: "lose the beginning of a line at the end of a chunk",
    file: "src/framing/stream-framer.ts",
    sound: "if (last + 1 < chunk.length) this.#keep(",
    broken: "if (last + 1 < 0) this.#keep(",
    test: "test/faults/odd-lines.test.ts",
  },
  {
    name: "lose an unfinished line when its sender ends",
    file: "src/framing/stream-framer.ts",
    sound: "      this.#finish(LINE_END);",
    broken: "      this.#tail.clear();",
    test: "test/faults/crowds.test.ts",
  },
  {
    name: "trust a file whose sync failed",
    file: "src/sink/syncer.ts",
    sound: "      if (error === null) this.markDurable(upTo);\n      this.#options.over(error);",
    broken: "      this.markDurable(upTo);\n      this.#options.over(null);",
    test: "test/faults/refused-calls.test.ts",
  },
  {
    name: "drop what a full disk doesn't take",
    file: "src/sink/file-writer.ts",
    sound: "    this.#stall = errno;",
    broken:
      "    this.#stall = errno;\n    const head = this.#queue.head();\n    if (head) this.#queue.written(head.used - head.done);",
    test: "test/faults/full-disk.test.ts",
  },
  {
    name: "write past lines that wait",
    file: "src/sink/file-writer.ts",
    sound: "if (this.#queue.bytes > 0 || this.#queue.retains || this.#flushing) return false;",
    broken: "if (this.#queue.retains || this.#flushing) return false;",
    test: "test/faults/crowds.test.ts",
  },
  {
    name: "let no sender wait",
    file: "src/sink/file-sink.ts",
    sound: "if (this.#bytesInMemory > this.#options.queueBytesMax) this.#gate.close();",
    broken: "if (this.#bytesInMemory > 3 * this.#options.queueBytesMax) this.#gate.close();",
    test: "test/faults/slow-writes.test.ts",
  },
  {
    name: "leave the last lines in a deleted file",
    file: "src/sink/current-output.ts",
    sound: "this.#file.isDeleted() ? this.#rescue(next, end) : 0;",
    broken: "this.#file.isDeleted() && next.fd < 0 ? this.#rescue(next, end) : 0;",
    test: "test/faults/rotation.test.ts",
  },
  {
    name: "cut a whole line off with a torn one",
    file: "src/sink/repair.ts",
    sound: "if (at >= 0) return start + at + 1;",
    broken: "if (at >= 0) return start + step.subarray(0, at).lastIndexOf(LF) + 1;",
    test: "test/faults/torn-tail.test.ts",
  },
  {
    name: "give up datagrams when the receiver is gone",
    file: "src/transports/shared/datagram-link.ts",
    sound: "    return this.#kind.connect();",
    broken: "    this.#stage.clear();\n    return this.#kind.connect();",
    test: "test/faults/restarts.test.ts",
  },
  {
    name: "don't count what the kernel drops",
    file: "src/transports/shared/datagram-listener.ts",
    sound: "if (this.#open !== undefined) this.#drops = this.#open.binding.drops();",
    broken: "this.#drops = 0;",
    test: "test/faults/stop-under-load.test.ts",
  },
  {
    name: "don't count who is turned away",
    file: "src/transports/shared/connection-listener.ts",
    sound: "    this.#refused++;",
    broken: "    this.#refused += 0;",
    test: "test/faults/crowds.test.ts",
  },
  {
    name: "claim lines that weren't sent",
    file: "src/producer/outlet.ts",
    sound: "    this.tally.sent += lines;",
    broken: "    this.tally.sent += lines > 63 ? lines + 1 : lines;",
    test: "test/faults/crowds.test.ts",
  },
  {
    name: "leave unixsock senders connected at a stop",
    file: "src/transports/unixsock/listener.ts",
    sound: "ask: ({ fd }) => void shutdown(fd, SHUT_RD),",
    broken: "ask: () => {},",
    test: "test/faults/stop-while-writing.test.ts",
  },
  {
    name: "cut a sender without counting it",
    file: "src/transports/shared/connection-ending.ts",
    sound: "if (isLoss || (last !== undefined && this.#isWriting(last))) this.#cutSenders++;",
    broken: "if (isLoss && last === undefined) this.#cutSenders++;",
    test: "test/conformance/transports.test.ts",
  },
  {
    name: "count as sent what a reset may have lost",
    file: "src/transports/shared/stream-link.ts",
    sound: "const lines = this.#marks.linesInLast(this.#doubtfulBytes());",
    broken: "const lines = this.#marks.linesInLast(0 * this.#doubtfulBytes());",
    test: "test/faults/producer-restart.test.ts",
  },
];
