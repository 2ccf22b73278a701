import { rmSync } from "node:fs";
import { median } from "../../src/lab/statistics/summary.ts";
import type { Publisher } from "./publishers.ts";
import { type Scene, STREAM } from "./scene.ts";

/** MB/s of each publisher, by round. They take turns, and the first one changes with each round. */
export type Rates = ReadonlyMap<string, readonly number[]>;

/** @throws when something else arrived than was sent */
export async function throughput(
  scene: Scene,
  contestants: readonly Publisher[],
  { rounds, bytes }: { readonly rounds: number; readonly bytes: number },
): Promise<Rates> {
  const rates = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = contestants.map((_, at) => contestants[(at + round) % contestants.length]);
    for (const publisher of order) {
      if (publisher === undefined) continue;
      const path = scene.log(bytes);
      await scene.newStream();
      const published = await publisher.publish(scene, path);
      const stored = await scene.server.ask(async (manager) => (await manager.streams.info(STREAM)).state.bytes);
      if (stored < published.bytes || published.bytes < bytes) throw new Error(`${publisher.name}: bytes are missing`);
      rates.get(publisher.name)?.push(published.bytes / 1e6 / published.seconds);
      rmSync(path);
    }
  }
  return rates;
}

/** The median of the ratios of two publishers in the same round. */
export function ratio(rates: Rates, one: string, other: string): number {
  const others = rates.get(other) ?? [];
  return median((rates.get(one) ?? []).map((rate, round) => rate / (others[round] ?? Number.NaN)));
}
