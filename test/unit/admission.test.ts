import { expect, test } from "vitest";
import { Admission, type AdmissionRules } from "../../src/aggregator/admission.ts";
import type { Peer } from "../../src/core/peer.ts";

function admissionBy(rules: AdmissionRules): { admission: Admission; reported: [string, Peer][] } {
  const reported: [string, Peer][] = [];
  return { admission: new Admission(rules, (refusal, peer) => reported.push([refusal, peer])), reported };
}

const peer = (uid: number, gid = uid): Peer => ({ pid: 1, uid, gid });

test("a sender needs one of the users or groups; one that the kernel doesn't name is refused", () => {
  const { admission } = admissionBy({ uids: new Set([0, 7]), gids: new Set([9]) });
  const isAllowed = (sender: Peer): boolean => admission.enter(sender) && admission.allows(sender, 1);
  expect([peer(0), peer(7), peer(8, 9)].map(isAllowed)).toEqual([true, true, true]);
  expect([peer(8), peer(9, 8), {}, { host: "127.0.0.1", port: 1 }, { uid: 0 }].map(isAllowed)).not.toContain(true);
  expect(admission.counts.forbiddenSenders).toBe(5);
});

test("each sender is reported once, and counted every time", () => {
  const { admission, reported } = admissionBy({ uids: new Set<number>() });
  for (let i = 0; i < 3; i++) admission.allows(peer(0), 10);
  admission.allows(peer(1), 1);
  expect(admission.counts.forbiddenMessages).toBe(31);
  expect(reported).toEqual([
    ["forbidden", peer(0)],
    ["forbidden", peer(1)],
  ]);
});

test("connections of one user or host share a limit, and leaving makes space", () => {
  const { admission } = admissionBy({ connectionsPerSenderMax: 2 });
  const host = (port: number): Peer => ({ host: "::1", port });
  expect([1, 2, 3].map((port) => admission.enter(host(port)))).toEqual([true, true, false]);
  expect([peer(0), peer(0, 1), peer(1)].map((sender) => admission.enter(sender))).toEqual([true, true, true]);
  admission.leave(host(1));
  expect([4, 5].map((port) => admission.enter(host(port)))).toEqual([true, false]);
  expect(admission.counts).toEqual({ forbiddenSenders: 0, forbiddenMessages: 0, excessSenders: 2 });
});
