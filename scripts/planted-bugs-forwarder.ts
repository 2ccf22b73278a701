import type { PlantedBug } from "./planted-bug.ts";

/** One for each step by which a forwarder stores nothing twice and loses nothing. */
export const FORWARDER_BUGS: readonly PlantedBug[] = [
  {
    name: "forwarder: don't save the boundaries of blocks",
    file: "src/forwarder/session.ts",
    sound: "inFlight: this.#window.lengths });",
    broken: "inFlight: [] });",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: don't ask the stream where it ends",
    file: "src/forwarder/forwarder.ts",
    sound: "    if (found === undefined) return [];",
    broken: "    if (found?.sequence !== -1) return [];",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: jump to the last block that is stored",
    file: "src/forwarder/reconcile.ts",
    sound: "    if (run.offset <= offset) {",
    broken: "    if (run.offset <= offset || run.lines > 0) {",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: send saved blocks out of order",
    file: "src/forwarder/session.ts",
    sound: "for (const block of blocks) this.#send(block);",
    broken: "for (const block of blocks.toReversed()) this.#send(block);",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: move the checkpoint before the acknowledgement",
    file: "src/forwarder/session.ts",
    sound: "progress.move(source.file, offset, {",
    broken: "progress.move(source.file, this.#window.end, {",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: send before the checkpoint",
    file: "src/forwarder/session.ts",
    sound: "    if (blocks.length > 0 || (this.#window.isEmpty",
    broken:
      "    for (const block of blocks.splice(0)) this.#send(block);\n    if (blocks.length > 0 || (this.#window.isEmpty",
    test: "test/unit/forwarder-checkpoint.test.ts",
  },
  {
    name: "forwarder: expect acknowledgements in order",
    file: "src/forwarder/window.ts",
    sound: "(candidate) => candidate.offset === offset",
    broken: "(candidate) => candidate.sent === undefined",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: send a doubtful block with the same id",
    file: "src/forwarder/forwarder.ts",
    sound: "const isMissing = this.#isInDoubt &&",
    broken: "const isMissing = !this.#isInDoubt &&",
    test: "test/property/forwarder.test.ts",
  },
  {
    name: "forwarder: fill the window after a refusal",
    file: "src/forwarder/window.ts",
    sound: "this.#isProbing = isRefusing;",
    broken: "this.#isProbing = isRefusing && offset < 0;",
    test: "test/unit/forwarder-failures.test.ts",
  },
  {
    name: "forwarder: try again after a bug",
    file: "src/forwarder/session.ts",
    sound: "this.#failure ??= error;",
    broken: 'this.#failure ??= new EngineError("retry", String(error));',
    test: "test/unit/forwarder-failures.test.ts",
  },
  {
    name: "otlp: send lines again that are answered for",
    file: "src/forwarder/engines/otlp/delivery.ts",
    sound: "if (this.#delivery?.isOf(block) !== true)",
    broken: "if (this.#delivery?.next !== undefined || this.#delivery === undefined)",
    test: "test/conformance/engines/otlp-answers.test.ts",
  },
  {
    name: "forwarder: take number 0 for an acknowledgement",
    file: "src/forwarder/engines/jetstream/jetstream-engine.ts",
    sound: "answer.seq === 0",
    broken: "answer.seq < 0",
    test: "test/cluster/forwarder-exclusive.test.ts",
  },
  {
    name: "forwarder: send the header that stops a stream",
    file: "src/forwarder/engines/jetstream/jetstream-engine.ts",
    sound: ": { msgID: id };",
    broken: ': { msgID: id, expect: { lastMsgID: "none" } };',
    test: "test/cluster/forwarder-exclusive.test.ts",
  },
  {
    name: "forwarder: write where another one writes",
    file: "src/forwarder/engines/jetstream/walk.ts",
    sound: "isExclusive && stranger !== undefined",
    broken: 'isExclusive && stranger === ""',
    test: "test/cluster/forwarder-exclusive.test.ts",
  },
];
