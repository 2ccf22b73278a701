import { expect, test } from "vitest";
import { createAggregator, createSender, verify } from "../../src/index.ts";

type Call = (...args: readonly unknown[]) => Promise<unknown>;

const CALLS: Readonly<Record<string, Call>> = {
  createAggregator: createAggregator as unknown as Call,
  createSender: createSender as unknown as Call,
  verify: verify as unknown as Call,
};

test.each<[keyof typeof CALLS & string, readonly unknown[], string]>([
  ["createAggregator", [], "options is undefined; pass an object with listen and output"],
  ["createAggregator", ["unixsock"], 'options is "unixsock"; pass an object with listen and output'],
  ["createAggregator", [{}], "listen is undefined; pass an array of transports or endpoints"],
  ["createAggregator", [{ listen: "unixsock", output: "x" }], 'listen is "unixsock"; pass an array of transports'],
  ["createAggregator", [{ listen: [7], output: "x" }], "listen[0] is 7; pass transport[=address] or an endpoint"],
  ["createAggregator", [{ listen: [{ transport: "tcp" }], output: "x" }], "listen[0] is an object; pass transport[="],
  ["createAggregator", [{ listen: ["unixsock"] }], 'output is undefined; pass a path, or "-"'],
  ["createAggregator", [{ listen: ["unixsock"], output: "" }], 'output is ""; pass a path, or "-"'],
  ["createAggregator", [{ listen: ["unixsock"], output: "x", rotation: 5 }], "rotation is 5; pass an object"],
  ["createAggregator", [{ listen: ["unixsock"], output: "x", senders: "me" }], 'senders is "me"; pass an object'],
  [
    "createAggregator",
    [{ listen: ["unixsock"], output: "x", senders: { allowUid: [0] } }],
    'is "allowUid"; pass allowUids',
  ],
  [
    "createAggregator",
    [{ listen: ["unixsock"], output: "x", senders: { allowUids: 0 } }],
    "allowUids is 0; pass an array",
  ],
  ["createSender", [], "to is undefined; pass transport[=address] or an endpoint"],
  ["createSender", [5], "to is 5; pass transport[=address] or an endpoint"],
  ["createSender", [{ transport: "unixsock" }], "to is an object; pass transport[=address] or an endpoint"],
  ["createSender", ["unixsock", null], "options is null; pass an object"],
  ["createSender", ["unixsock", { ack: true }], "ack is true; pass an object with id"],
  ["createSender", ["unixsock", { ack: {} }], "ack.id is undefined; pass a string of 1 to 128 bytes"],
  ["verify", [], "files is undefined; pass an array of paths"],
  ["verify", ["app.jsonl"], 'files is "app.jsonl"; pass an array of paths'],
  ["verify", [[5]], "files[0] is 5; pass a path"],
  ["verify", [["x"], 5], "options is 5; pass an object"],
])("%s(...%j) of a program without types is refused as wrong usage", async (name, args, message) => {
  await expect(CALLS[name]?.(...args)).rejects.toMatchObject({
    name: "OperationalError",
    code: "USAGE",
    message: expect.stringContaining(message),
  });
});
