import { describe, expect, test } from "vitest";
import { closeLedger, linesLost, lossIn, NOT_STORED_CLASSES, type TransportLedger } from "../../src/ledger/ledger.ts";

/** A transport's account in which every class of line has a number of its own, and nothing is missing. */
function account(changes: Partial<TransportLedger> = {}): TransportLedger {
  return {
    transport: "tcp",
    address: "127.0.0.1:9000",
    received: 1000 + 7 + 11 + 13 + 17 + 31 + 41,
    receivedBytes: 99_999,
    stored: 1000,
    wrapped: 5,
    unterminated: 3,
    blank: 7,
    oversize: 11,
    shed: 13,
    truncated: 17,
    partial: 31,
    limited: 41,
    emptyMessages: 19,
    accepted: 23,
    refused: 0,
    forbiddenSenders: 0,
    forbiddenMessages: 0,
    excessSenders: 0,
    httpRequests: 37,
    failedHandshakes: 43,
    cutSenders: 0,
    cutBytes: 0,
    kernelDrops: 0,
    ...changes,
  };
}

test("received = stored + every class of not stored", () => {
  const ledger = closeLedger([account(), account({ transport: "udp" })], 40, 0);
  expect(ledger).toMatchObject({
    received: 2240,
    stored: 1960,
    notStored: { blank: 14, oversize: 22, shed: 26, truncated: 34, partial: 62, limited: 82, unwritten: 40 },
    residue: 0,
    kernelDrops: 0,
  });
});

test("wrapped, unterminated and empty messages are no further classes of lines", () => {
  expect(closeLedger([account({ wrapped: 500, unterminated: 500, emptyMessages: 500 })], 0, 0).residue).toBe(0);
});

test.each(["blank", "oversize", "shed", "truncated", "partial", "limited"] as const)(
  "a line too few in %s shows as residue",
  (name) => {
    expect(closeLedger([account({ [name]: account()[name] - 1 })], 0, 0).residue).toBe(1);
  },
);

test("a line stored twice shows as a negative residue", () => {
  expect(closeLedger([account({ stored: 1001 })], 0, 0).residue).toBe(-1);
});

test("every class of not stored is in the ledger", () => {
  expect(Object.keys(closeLedger([account()], 0, 0).notStored)).toEqual([...NOT_STORED_CLASSES]);
});

test("a ledger without transports is empty", () => {
  expect(closeLedger([], 0, 0)).toMatchObject({ received: 0, stored: 0, residue: 0, kernelDrops: 0, transports: [] });
});

describe("kernel drops", () => {
  test("are added up, and lost", () => {
    const ledger = closeLedger([account({ kernelDrops: 3 }), account({ kernelDrops: 4 })], 0, 0);
    expect(ledger.kernelDrops).toBe(7);
    expect(linesLost(ledger)).toBe(2 * (11 + 13 + 17 + 41) + 7);
  });

  test("that one transport couldn't read are unknown in all, never 0", () => {
    const ledger = closeLedger([account({ kernelDrops: 3 }), account({ kernelDrops: null })], 0, 0);
    expect(ledger.kernelDrops).toBeNull();
    expect(linesLost(ledger)).toBe(2 * (11 + 13 + 17 + 41));
  });
});

test("blank lines are dropped on purpose, partial ones come again; all else that is not stored is lost", () => {
  const clean = account({ received: 1007 + 31, oversize: 0, shed: 0, truncated: 0, limited: 0 });
  expect(linesLost(closeLedger([clean], 0, 0))).toBe(0);
  expect(linesLost(closeLedger([clean], 2, 0))).toBe(2);
  expect(linesLost(closeLedger([{ ...clean, received: 1008 + 31 }], 0, 0))).toBe(1);
});

test("what was not taken a second time is told, and belongs to no class", () => {
  expect(closeLedger([account()], 0, 9)).toMatchObject({ duplicatesSuppressed: 9, residue: 0 });
});

describe("what is known of losses", () => {
  const clean = account({ received: 1007 + 31, oversize: 0, shed: 0, truncated: 0, limited: 0 });
  const lossOf = (changes: Partial<TransportLedger>) => lossIn(closeLedger([clean, { ...clean, ...changes }], 0, 0));

  test("nothing was lost only when every number is known and 0", () => {
    expect(lossOf({})).toBe("none");
    expect(lossOf({ kernelDrops: null })).toBe("unknown");
    expect(lossOf({ cutBytes: null })).toBe("unknown");
  });

  test("senders that were turned away or cut are a loss, though their lines can't be counted", () => {
    expect(lossOf({ refused: 1 })).toBe("some");
    expect(lossOf({ cutSenders: 1 })).toBe("some");
    expect(lossOf({ excessSenders: 1 })).toBe("some");
    expect(lossOf({ kernelDrops: null, refused: 1 })).toBe("some");
  });

  test("senders that aren't allowed to send lose nothing that was promised to them", () => {
    expect(lossOf({ forbiddenSenders: 1, forbiddenMessages: 1 })).toBe("none");
  });

  test("lines that were lost are a loss", () => {
    expect(lossOf({ stored: 999, oversize: 1 })).toBe("some");
    expect(lossOf({ kernelDrops: 1 })).toBe("some");
    expect(lossIn(closeLedger([clean], 1, 0))).toBe("some");
  });

  test("senders and bytes are added up over all transports", () => {
    const one = { ...clean, refused: 1, cutSenders: 2, cutBytes: 30 };
    expect(closeLedger([one, one], 0, 0)).toMatchObject({ refusedSenders: 2, cutSenders: 4, cutBytes: 60 });
    expect(closeLedger([one, { ...one, cutBytes: null }], 0, 0)).toMatchObject({ cutSenders: 4, cutBytes: null });
  });
});
