// Writes the tables of system call numbers and names, and the bpftrace scripts that carry one.
//
//   node scripts/syscall-table.mjs               puts the checked-in tables (bpftrace/syscalls/*.tsv) into the scripts
//   node scripts/syscall-table.mjs --check       exits 1 if a script doesn't carry its table
//   node scripts/syscall-table.mjs --from DIR    first makes the tables anew from the kernel's headers below DIR
//
// DIR is an unpacked linux-libc-dev of Debian 13 or later, which has the headers of every architecture:
//   apt-get download linux-libc-dev && dpkg-deb -x linux-libc-dev_*.deb headers && node scripts/syscall-table.mjs --from headers
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const bpftrace = join(dirname(dirname(fileURLToPath(import.meta.url))), "bpftrace");
const architectures = [
  { name: "x86_64", header: "usr/lib/linux/uapi/x86/asm/unistd_64.h", folder: "" },
  { name: "arm64", header: "usr/lib/linux/uapi/arm64/asm/unistd_64.h", folder: "arm64" },
];
const scripts = ["producer_syscalls_fast.bt", "aggregator_syscalls.bt"];
const table = /\t\/\* BEGIN of the table: \w+ \*\/\n[\s\S]*?\t\/\* END of the table \*\/\n/;

const [option, headers] = process.argv.slice(2);
if (option === "--from" && headers !== undefined) {
  for (const architecture of architectures) {
    const source = readFileSync(join(headers, architecture.header), "utf8");
    const rows = [...source.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, id]) => `${id}\t${name}\n`);
    writeFileSync(tablePath(architecture), rows.join(""));
  }
} else if (option !== undefined && option !== "--check") {
  console.error("usage: node scripts/syscall-table.mjs [--check | --from DIR]");
  process.exit(2);
}

for (const architecture of architectures) {
  const rows = readFileSync(tablePath(architecture), "utf8").trimEnd().split("\n");
  const names = rows.map((row) => row.split("\t")).map(([id, name]) => `\t@name[${id}] = "${name}";\n`);
  const block = `\t/* BEGIN of the table: ${architecture.name} */\n${names.join("")}\t/* END of the table */\n`;
  for (const script of scripts) {
    const target = join(bpftrace, architecture.folder, script);
    const text = readFileSync(join(bpftrace, script), "utf8").replace(table, () => block);
    if (option === "--check") {
      if (readFileSync(target, "utf8") !== text) {
        console.error(`${target} differs from its table; run: node scripts/syscall-table.mjs`);
        process.exitCode = 1;
      }
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, { mode: 0o755 });
    }
  }
}

function tablePath(architecture) {
  return join(bpftrace, "syscalls", `${architecture.name}.tsv`);
}
