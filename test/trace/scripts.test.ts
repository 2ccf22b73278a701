import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { onlyChildrenOf } from "../../src/lab/trace/own-processes.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { SCRIPTS } from "./tracing.ts";

/** Constructs that some bpftrace between 0.17 and 0.27 refuses or warns of; docs/measuring.md says which. */
const UNPORTABLE: Record<string, RegExp> = {
  "args.field instead of args->field": /\bargs\./,
  "a config block": /\bconfig\s*=/,
  "a macro or getopt": /\b(macro|getopt)\b/,
  "delete()": /\bdelete\(/,
  "probes that need more than tracepoints":
    /^(k(ret)?probe|kr?func|fentry|fexit|rawtracepoint|u(ret)?probe|usdt|iter):/m,
  "a string literal as a key": /@\w*\[[^\]]*"/,
  "a difference of unsigned numbers in a histogram": /hist\(nsecs/,
};

/** Present since Linux 5.4, save where it says so. */
const TRACEPOINTS = [
  "raw_syscalls:sys_enter",
  "sched:sched_process_exit",
  "sched:sched_switch",
  "sched:sched_waking",
  "sched:sched_wakeup",
  "sched:sched_wakeup_new",
  "skb:kfree_skb",
  "task:task_rename",
  "udp:udp_fail_queue_rcv_skb",
  // Since 6.3.
  "sock:sk_data_ready",
  "sock:sock_recv_length",
  "sock:sock_send_length",
];
const CALLS =
  /^syscalls:sys_(enter|exit)_(write|writev|sendto|sendmsg|sendmmsg|read|readv|recvfrom|recvmsg|recvmmsg|epoll_pwait|epoll_ctl|futex|io_uring_enter|connect|accept4|bind|\*)$/;

describe.each(SCRIPTS)("%s", (script) => {
  const path = projectFile(`bpftrace/${script}`);
  const text = readFileSync(path, "utf8");
  const header = text.slice(0, text.indexOf("*/"));
  const program = text.slice(text.indexOf("*/")).replace(/\/\*[\s\S]*?\*\//g, "");

  test("can be run as it is", () => {
    expect(text.split("\n")[0]).toBe("#!/usr/bin/env bpftrace");
    expect(statSync(path).mode & 0o111).toBe(0o111);
    expect(program).toMatch(/BEGIN\n\{\n\tprintf\("[^"]* Hit Ctrl-C to end[^"]*\\n"\);/);
  });

  test("says what it answers, how it is used, what it prints and how to read that", () => {
    const name = script.replace(/^.*\//, "").replace(".bt", "");
    expect(header).toMatch(new RegExp(`^ \\* ${name}\\t+[A-Z].*\\.$`, "m"));
    expect(header).toMatch(/^ \* Answers: ([^?]{20,}\?|the same as .*)\n/m);
    expect(header).toContain(`USAGE: sudo bpftrace/${name}.bt`);
    const [, sample = "", reading = ""] = header.split(/Example of usage:\n \*\n|\n \*\n \* Reading it: /);
    expect(sample).toContain("Hit Ctrl-C to end");
    expect(sample).toMatch(/^ \* @\w*(\[.*\])?:/m);
    expect(reading.length).toBeGreaterThan(80);
  });

  test("says it in a sentence when nothing happened", () => {
    expect(program).toMatch(
      /END\n\{\n\tif \(@seen == 0\) \{\n\t\tprintf\("(No|Nothing) [^"]*\.\\n"\);\n\t\}\n\tclear\(@seen\);\n/,
    );
  });

  test("can be restricted to one process's own producers and aggregators", () => {
    const restricted = onlyChildrenOf(program, 4711).replace(/\((\S+ == "\w+") && \S+real_parent->tgid == 4711\)/g, "");
    expect(restricted).not.toMatch(/comm == "/);
    const isOfMachine = /^ \* USAGE: .*counts for the whole machine/m.test(header);
    expect(restricted === program).toBe(isOfMachine);
  });

  test("keeps to what every bpftrace from 0.17 on takes", () => {
    const found = Object.entries(UNPORTABLE).filter(([, pattern]) => pattern.test(program));
    expect(found.map(([what]) => what)).toEqual([]);
    const probes = [...program.matchAll(/^tracepoint:([\w:*]+)/gm)].map(([, probe = ""]) => probe);
    expect(probes.filter((probe) => !TRACEPOINTS.includes(probe) && !CALLS.test(probe))).toEqual([]);
  });
});

test("what a send to a transport is, all scripts say in the same words", () => {
  const texts = SCRIPTS.map((script) => readFileSync(projectFile(`bpftrace/${script}`), "utf8"));
  const words = texts.flatMap(
    (text) => text.match(/^\/\*\n \* A send goes to a transport [\s\S]*?\$channel = 0;\n\t\}\n/gm) ?? [],
  );
  expect(words.length).toBeGreaterThan(3);
  const bodies = words.map((text) => text.replace(/^\/.*comm == "producer"\/\n/m, ""));
  expect(new Set(bodies).size).toBe(1);
});

test("cpu_time's header says what else is in the time", () => {
  const header = readFileSync(projectFile("bpftrace/cpu_time.bt"), "utf8").split("*/")[0];
  expect(header).toMatch(/\binterrupts?\b/);
  expect(header).toMatch(/\bstolen\b/);
});

test("the scripts carry the tables of system calls that are checked in", () => {
  const { status, stderr } = spawnSync(process.execPath, [projectFile("scripts/syscall-table.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
