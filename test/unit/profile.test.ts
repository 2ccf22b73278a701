import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseStacks } from "../../src/lab/profile/bpf-stacks.ts";
import { folded } from "../../src/lab/profile/folded.ts";
import { functionName } from "../../src/lab/profile/function-name.ts";
import { parsePerfScript } from "../../src/lab/profile/perf-stacks.ts";
import { ElfSymbols } from "../../src/os/elf-symbols.ts";
import { flameGraph } from "../../src/report/flame-graph.ts";
import { foldedStacks, StackTree } from "../../src/report/stack-tree.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** As bpftrace 0.17 prints it: a running thread in the kernel, one in its program, and a waiting one. */
const PRINTED = `Attaching 4 probes...
Sampling stacks. Hit Ctrl-C to end.


@off[12, 0, 
    __schedule+1560
    schedule+35
, 
    0x7fb43fe4d546
    0x10
]: 25500
@on[12, 1, 
    tcp_sendmsg+10
    ksys_write+102
, 
    write+17
    0x20
]: 3
@on[13, 1, , 
    0x20
    0x20
    0x10
]: 1
@on[13, 1, , ]: 2
`;

const NAMES: Readonly<Record<number, string>> = { 16: "uv_run", 32: "JS:*send file:///x.js:1:1" };

describe("stacks", () => {
  test("of bpftrace: the kernel's below the program's, addresses named", () => {
    const { on, off } = parseStacks(PRINTED, (pid, address) => NAMES[address] ?? `[${pid}]`);
    expect(on.map(({ frames, weight }) => [frames.join(" "), weight])).toEqual([
      ["JS:*send file:///x.js:1:1 write+17 ksys_write+102 tcp_sendmsg+10", 3],
      ["uv_run JS:*send file:///x.js:1:1 JS:*send file:///x.js:1:1", 1],
      ["", 2],
    ]);
    expect(off).toEqual([
      { pid: 12, isMainThread: false, frames: ["uv_run", "[12]", "schedule+35", "__schedule+1560"], weight: 25.5 },
    ]);
  });

  test("folded: without offsets, files and repeats, equal ones together, the heaviest first", () => {
    const { on } = parseStacks(PRINTED, (_, address) => NAMES[address] ?? "[unknown]");
    expect(folded("sender", [...on, ...on])).toBe(
      "sender;main_thread;JS:send;write;ksys_write;tcp_sendmsg 6\nsender;main_thread 4\nsender;main_thread;uv_run;JS:send 2\n",
    );
  });

  test("of perf: a sample each", () => {
    const text = "   21/22   \n\t    55d0 inner+0x1 (x)\n\t    55d1 outer\n\n   21/21   \n\t 1 [unknown]\n";
    expect(parsePerfScript(text)).toEqual([
      { pid: 21, isMainThread: false, frames: ["outer", "inner+0x1 (x)"], weight: 1 },
      { pid: 21, isMainThread: true, frames: ["[unknown]"], weight: 1 },
    ]);
  });

  test("a flame graph shows what has width, and text as text", () => {
    const tree = new StackTree();
    for (const { frames, samples } of foldedStacks("main;a<b>;ksys_write 9000\nmain;narrow 1\nnot a stack\n"))
      tree.add(frames, samples);
    const svg = flameGraph(tree.frame("all"), { title: "a & b", unit: "samples" });
    expect(svg).toContain("<title>a&lt;b&gt;: 9,000 samples, 99.9\u00a0%</title>");
    expect(svg).toContain("a &amp; b: 9,001 samples");
    expect(svg).not.toContain("narrow");
  });
});

test.each([
  ["JS:*#send file:///home/x.js:1:2", "JS:#send"],
  ["JS:~ file:///x.js:1:1", "JS:(anonymous)"],
  ["Script:~ file:///x.js:1:1", "JS:(anonymous)"],
  ["JS:*wasm-function[2]-2-turbofan", "JS:wasm-function[2]-2-turbofan"],
  ["_ZN4node2fs11WriteBufferERKN2v820FunctionCallbackInfoE", "node::fs::WriteBuffer"],
  ["_ZN4node12_GLOBAL__N_1L6WorkerEPv", "node::Worker"],
  ["_ZZN4node4WrapEvENUlP1EE_", "node::Wrap"],
  ["_ZSt9terminatev", "terminate"],
  ["_Zed", "_Zed"],
  ["ksys_write+102", "ksys_write"],
  ["inner+0x1 (x)", "inner"],
  ["v8::Call(int, int)+3", "v8::Call"],
  ["main.(*aggregator).read", "main.(*aggregator).read"],
  ["a b;c", "a_b_c"],
])("%s is shown as %s", (symbol, name) => {
  expect(functionName(symbol)).toBe(name);
});

describe("symbols of a program's file", () => {
  test("are found by their place", () => {
    const symbols = ElfSymbols.read("/bin/true");
    expect(symbols).toBeDefined();
    expect(symbols?.at(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  test("of what is no program, or cut off, or not there, are none", () => {
    const path = join(temporaryDirectory(), "file");
    expect(ElfSymbols.read(path)).toBeUndefined();
    writeFileSync(path, "#!/bin/sh\n");
    expect(ElfSymbols.read(path)).toBeUndefined();
    const header = Buffer.alloc(64, 0xff);
    header.write("\u007fELF\u0002\u0001", "latin1");
    writeFileSync(path, header);
    expect(ElfSymbols.read(path)).toBeUndefined();
    truncateSync(path, 20);
    expect(ElfSymbols.read(path)).toBeUndefined();
  });
});
