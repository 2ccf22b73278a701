import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { type FaultRow, seededRandom } from "./fault-row.ts";
import { Tally } from "./fault-tally.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const TIMEOUT_MS = 180_000;

/**
 * The short form of a row, as a test. Where it can't be run, it is skipped with the reason; in CI as root it fails
 * instead.
 */
export function testRow(row: FaultRow): void {
  const seed = Math.floor(Math.random() * 2 ** 32);
  test(`${row.name}: ${row.ci} ${row.unit} (seed ${seed})`, { timeout: TIMEOUT_MS }, async (context) => {
    const obstacle = row.obstacle();
    if (obstacle !== undefined) {
      if (process.env["CI"] === "true" && process.geteuid?.() === 0) throw new Error(`must run here, but ${obstacle}`);
      context.skip(obstacle);
    }
    const tally = new Tally();
    try {
      await row.run(row.ci, { dist: DIST, long: false, random: seededRandom(seed), tally });
    } finally {
      await context.annotate(String(tally));
    }
    const broken = tally.broken();
    if (broken.length > 0) throw new Error(broken.join("\n"));
  });
}
