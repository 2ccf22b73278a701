import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { requireTracing } from "./tracing.ts";

requireTracing();

const TRACE = `'${projectFile("scripts/trace.sh")}' ready_to_read tcp`;

/** A mount namespace of its own: what is mounted there is gone with it. */
const OWN_MOUNTS = ["unshare", "--mount", "--propagation", "private", "sh", "-c"];

/** Each cause, brought about for real around one trace. */
const CAUSES: Record<string, { readonly command: readonly string[]; readonly reason: RegExp }> = {
  "no tracefs": {
    command: [...OWN_MOUNTS, `umount --all-targets --lazy /sys/kernel/tracing; ${TRACE}`],
    reason: /tracefs is not mounted.*run: mount -t tracefs/,
  },
  "no BTF": { command: [...OWN_MOUNTS, `mount -t tmpfs none /sys/kernel/btf; ${TRACE}`], reason: /BTF/ },
  "kernel lockdown": {
    command: [
      ...OWN_MOUNTS,
      `mount -t tmpfs none /sys/kernel/security; echo 'none integrity [confidentiality]' > /sys/kernel/security/lockdown; ${TRACE}`,
    ],
    reason: /locked down/,
  },
  "a missing tracepoint": {
    command: [...OWN_MOUNTS, `mount -t tmpfs none /sys/kernel/tracing/events/sock; ${TRACE}`],
    reason: /has no tracepoint sock:sk_data_ready, sock:sock_recv_length; .*header/,
  },
  "not root": { command: ["unshare", "--user", "sh", "-c", TRACE], reason: /needs root, and this is uid 65534/ },
  "no capabilities": {
    command: ["setpriv", "--bounding-set=-sys_admin,-cap_38,-cap_39", "sh", "-c", TRACE],
    reason: /without CAP_BPF and CAP_PERFMON/,
  },
};

test.each(Object.entries(CAUSES))("%s is said with its remedy", (_, { command, reason }) => {
  const [program = "", ...args] = command;
  expect(messageOf(program, args)).toMatch(reason);
});

test("no bpftrace is said with its remedy", () => {
  const env = { ...process.env, BPFTRACE: "/nowhere/bpftrace" };
  expect(messageOf("sh", ["-c", TRACE], env)).toMatch(/not installed; run: apt-get install bpftrace/);
});

test("a bpftrace that fails for a reason of its own is quoted, with something to try", () => {
  const fake = join(temporaryDirectory(), "bpftrace");
  writeFileSync(
    fake,
    '#!/bin/sh\n[ "$1" = --version ] && echo "bpftrace v1" && exit\necho "ERROR: moon phase" >&2\nexit 1\n',
  );
  chmodSync(fake, 0o755);
  expect(messageOf("sh", ["-c", TRACE], { ...process.env, BPFTRACE: fake })).toMatch(
    /it says: ERROR: moon phase\).*try: /,
  );
});

/** What it says in its one line on stderr, having ended with 1. */
function messageOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
  expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({ status: 1, stdout: "", lines: 1 });
  const line: { code: string; msg: string } = JSON.parse(stderr);
  expect(line.code).toBe("TRACING_UNAVAILABLE");
  return line.msg;
}
