import { describe, expect, test } from "vitest";
import { tracepointsOf, whyIncomplete, whyUntraceable } from "../../src/lab/trace/diagnosis.ts";
import type { TracingFacts } from "../../src/os/tracing-facts.ts";

const FINE: TracingFacts = {
  bpftrace: "bpftrace v0.17.0",
  uid: 0,
  capabilities: (1n << 41n) - 1n,
  events: "/sys/kernel/tracing/events",
  btf: true,
  lockdown: "integrity",
  kernel: "6.1.0",
};
const [SYS_ADMIN, PERFMON, BPF] = [1n << 21n, 1n << 38n, 1n << 39n];

describe("what stops tracing is named with its remedy", () => {
  test.each<[string, Partial<TracingFacts>, RegExp]>([
    ["no bpftrace", { bpftrace: undefined }, /not installed; run: apt-get install bpftrace/],
    ["not root", { uid: 1000 }, /needs root, and this is uid 1000; .*sudo/],
    ["no capabilities", { capabilities: 0n }, /without CAP_BPF and CAP_PERFMON .*--privileged/],
    ["only CAP_BPF", { capabilities: BPF }, /without CAP_PERFMON /],
    ["only CAP_PERFMON", { capabilities: PERFMON }, /without CAP_BPF /],
    ["no tracefs", { events: undefined }, /mount -t tracefs tracefs \/sys\/kernel\/tracing/],
    ["no BTF", { btf: false }, /6\.1\.0.*CONFIG_DEBUG_INFO_BTF=y/],
    ["lockdown", { lockdown: "confidentiality" }, /locked down .*lockdown=integrity/],
  ])("%s", (_, fact, reason) => {
    expect(whyUntraceable({ ...FINE, ...fact })).toMatch(reason);
  });

  test.each<[string, Partial<TracingFacts>]>([
    ["all is there", {}],
    ["CAP_SYS_ADMIN alone", { capabilities: SYS_ADMIN }],
    ["CAP_BPF and CAP_PERFMON", { capabilities: BPF | PERFMON }],
    ["a kernel that can't be locked down", { lockdown: undefined }],
  ])("nothing is wrong: %s", (_, fact) => {
    expect(whyUntraceable({ ...FINE, ...fact })).toBeUndefined();
  });
});

test("a script's tracepoints are found, patterns left out", () => {
  const script = "tracepoint:a:b,\ntracepoint:c:d\n/pid == 1/\n{\n}\n\ntracepoint:a:b\n{ }\ntracepoint:e:f_*\n{\n}\n";
  expect(tracepointsOf(script)).toEqual(["a:b", "c:d"]);
  expect(whyIncomplete(FINE, ["c:d"])).toMatch(/6\.1\.0.* has no tracepoint c:d; .*header/);
  expect(whyIncomplete(FINE, [])).toBeUndefined();
});
