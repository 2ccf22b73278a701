import { describe, expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, type AggregatorSettings, accountOf } from "../support/aggregator-process.ts";
import { openRawSender, type RawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { withoutOrigin } from "../support/wrapped.ts";

/** An aggregator on one transport. */
function startOn(
  name: TransportName,
  args: readonly string[] = [],
  settings: AggregatorSettings = {},
): Promise<AggregatorProcess> {
  return AggregatorProcess.start([temporaryAddress(name, temporaryDirectory()), ...args], settings);
}

function senderTo(aggregator: AggregatorProcess, name: TransportName): RawSender {
  return openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary);
}

describe.each(TRANSPORT_NAMES)("%s", (name) => {
  const isStream = REGISTRY[name].traits.boundary === "stream";

  test("every kind of line is stored as promised, or counted", async () => {
    const aggregator = await startOn(name, ["--max-line", "1000"]);
    const raw = senderTo(aggregator, name);
    const kinds = [
      '{"valid":1e400}\n',
      ' {"spaced" : [ ] } \n',
      '{"crlf":true}\r\n',
      "\n",
      " \t\r\n",
      "plain text\n",
      "[1]\n",
      "\xff\xfe\n",
      `{"long":"${"x".repeat(1000)}"}\n`,
      `${"y".repeat(3000)}\n`,
      '{"after":"the long ones"}\n',
    ];
    for (const line of kinds) raw.write(line);
    raw.write('{"partial":true}');
    raw.close();
    const { ledger, status, stderr } = await aggregator.stop();
    expect(withoutOrigin(aggregator.stored()).split("\n")).toEqual([
      '{"valid":1e400}',
      ' {"spaced" : [ ] } ',
      '{"crlf":true}',
      '{"_raw":"plain text"}',
      '{"_raw":"[1]"}',
      '{"_raw_b64":"//4="}',
      '{"after":"the long ones"}',
      '{"partial":true}',
      "",
    ]);
    expect(ledger).toMatchObject({ received: 12, stored: 8, kernelDrops: 0 });
    const { notStored } = ledger;
    expect(notStored).toMatchObject({ blank: 2, shed: 0, unwritten: 0 });
    expect(notStored.oversize + notStored.truncated).toBe(2);
    expect(accountOf(ledger, name)).toMatchObject({ wrapped: 3, unterminated: isStream ? 1 : 0 });
    // Lines were lost, and the exit status says so.
    expect(status).toBe(3);
    expect(stderr).toContain("2 lines were lost; the ledger says how");
  });

  test("bytes are counted as they came", async () => {
    const aggregator = await startOn(name);
    const raw = senderTo(aggregator, name);
    const lines = ["{}\r\n", "text\n", "\n"];
    for (const line of lines) raw.write(line);
    raw.close();
    const { ledger, status } = await aggregator.stop();
    expect(accountOf(ledger, name).receivedBytes).toBe(lines.join("").length);
    // Blank lines are dropped on purpose: nothing was lost.
    expect(status).toBe(0);
  });
});

describe.each([
  ["json", ['{"a":1}', '{"_raw":"{broken}"}', '{"_raw":"text"}'], 2],
  ["shape", ['{"a":1}', "{broken}", '{"_raw":"text"}'], 1],
  ["none", ['{"a":1}', "{broken}", "text"], 0],
] as const)("--check %s", (check, stored, wrapped) => {
  test("decides which lines are stored as they came", async () => {
    const aggregator = await startOn("unixsock", ["--check", check]);
    senderTo(aggregator, "unixsock").write('{"a":1}\n{broken}\r\n\ntext\n');
    const { ledger, status } = await aggregator.stop();
    expect(withoutOrigin(aggregator.stored())).toBe(stored.map((line) => `${line}\n`).join(""));
    expect(accountOf(ledger, "unixsock")).toMatchObject({ stored: 3, blank: 1, wrapped });
    expect(status).toBe(0);
  });
});

test("--max-line is the longest line kept, to the byte", async () => {
  const aggregator = await startOn("tcp", ["--max-line", "10", "--check", "none"]);
  senderTo(aggregator, "tcp").write("123456789\n1234567890\n12345678901\nafter\n");
  const { ledger } = await aggregator.stop();
  expect(aggregator.stored()).toBe("123456789\n1234567890\nafter\n");
  expect(ledger.notStored.oversize).toBe(1);
});

test("the default takes a line of a MiB", async () => {
  const aggregator = await startOn("unixsock", ["--check", "none"]);
  const raw = senderTo(aggregator, "unixsock");
  raw.write(`${"m".repeat(1024 * 1024)}\n`);
  raw.write(`${"n".repeat(1024 * 1024 + 1)}\n`);
  const { ledger } = await aggregator.stop();
  expect(aggregator.stored().length).toBe(1024 * 1024 + 1);
  expect(ledger).toMatchObject({ received: 2, stored: 1, notStored: { oversize: 1 } });
});

test("a sender that ends within a line has it kept at once, not only at the end", async () => {
  const aggregator = await startOn("unixsock");
  const raw = senderTo(aggregator, "unixsock");
  raw.write('{"partial":1}');
  raw.close();
  const other = senderTo(aggregator, "unixsock");
  other.write('{"other":2}\n');
  aggregator.kill("SIGTERM");
  await aggregator.ended;
  expect(aggregator.stored().split("\n").toSorted()).toEqual(["", '{"other":2}', '{"partial":1}']);
});

test("senders that cut lines anywhere never touch each other's", async () => {
  const aggregator = await startOn("tcp");
  const senders = Array.from({ length: 7 }, () => senderTo(aggregator, "tcp"));
  const text = Array.from({ length: 50 }, (_, n) => `{"n":${n},"pad":"${"p".repeat(n)}"}\n`).join("");
  for (let at = 0; at < text.length; at += 13) {
    for (const raw of senders) raw.write(text.slice(at, at + 13));
  }
  const { ledger } = await aggregator.stop();
  expect(ledger).toMatchObject({ received: 350, stored: 350 });
  const sorted = (lines: string): string[] => lines.split("\n").toSorted();
  expect(sorted(aggregator.stored())).toEqual(sorted(text.repeat(7)));
});
