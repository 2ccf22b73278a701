import { readFileSync } from "node:fs";
import { arch } from "node:os";
import { projectFile } from "./project-file.ts";

/** Architectures by their names in Node and in bpftrace/syscalls/. */
const TABLES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "arm64" };

/** The names of this architecture's system calls by number; undefined where the project has no table of them. */
export function systemCallNames(): ReadonlyMap<number, string> | undefined {
  const table = TABLES[arch()];
  if (table === undefined) return undefined;
  const rows = readFileSync(projectFile(`bpftrace/syscalls/${table}.tsv`), "utf8").matchAll(/^(\d+)\t(\w+)$/gm);
  return new Map([...rows].map(([, number, name = ""]) => [Number(number), name]));
}
