import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AGGREGATOR } from "../support/aggregator-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Terminal } from "../support/terminal.ts";

const LINES = 1_000_000;
/** The title is set, the screen cleared, a key redefined, the terminal asked to answer; and the same with C1 controls. */
const SEQUENCES = [
  "\u001b]0;owned\u0007",
  "\u001b[2J",
  "\u001b[0;59;owned;13p",
  "\u001b[6n",
  "\u009b2J",
  "\u202eowned",
];

test("a million lines of escape sequences show nothing of themselves", { timeout: 120_000 }, async () => {
  const cwd = temporaryDirectory();
  const args = ["unixsock=s", "--trusted-fields", "--stats-interval", "1s"];
  const terminal = new Terminal([process.execPath, AGGREGATOR, ...args], 120, { cwd });
  await terminal.shows(/listening on unixsock/);
  const lines = Array.from({ length: 1000 }, (_, i) => `${SEQUENCES[i % SEQUENCES.length]}\n`).join("");
  const socket = connect(join(cwd, "s")).resume();
  for (let sent = 0; sent < LINES; sent += 1000) if (!socket.write(lines)) await once(socket, "drain");
  socket.end();
  await once(socket, "close");
  await terminal.shows(/senders/);
  terminal.type("\u0003");
  const { output } = await terminal.ended;
  expect(output).toMatch(/1000000 +\d+ +/);
  expect(output).not.toContain("owned");
  expect(sequencesIn(output)).toEqual([]);
});

/** Control characters and sequences, apart from those of a live line and of colours. */
function sequencesIn(output: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  const others = output.replace(/\r\u001b\[J|\u001b\[[\d;]*m|\u001b\[\?25[hl]|[\r\n]/g, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  return others.match(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e].{0,20}/g) ?? [];
}
