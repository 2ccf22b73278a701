import type { FaultBench } from "../../support/fault-row.ts";
import { ForwardingScene, type SceneOptions } from "../../support/forwarding-scene.ts";

export interface SteadyOptions extends SceneOptions {
  /** More options of the forwarder. */
  readonly forward?: readonly string[];
}

/**
 * Runs a forwarder while the log grows, and each round as soon as lines are being stored. At the end it stops the
 * forwarder, forwards what is left, and compares the files with the stream and with what a reader that follows it has
 * printed.
 */
export async function playRounds(
  { rounds, bench }: { readonly rounds: number; readonly bench: FaultBench },
  { forward = [], ...options }: SteadyOptions,
  play: (scene: ForwardingScene, round: number) => Promise<void>,
): Promise<void> {
  await using scene = await ForwardingScene.start(bench, options);
  const forwarder = scene.forward("--block", "8KiB", ...forward);
  const reader = scene.follow();
  const stop = scene.growSteadily();
  for (let round = 0; round < rounds; round++) {
    await scene.progress();
    await play(scene, round);
  }
  stop();
  forwarder.program.kill("SIGTERM");
  await forwarder.program.ended;
  await scene.finish(...forward);
  await reader.printed(scene.log.lines);
  bench.tally.add("refilled", forwarder.program.stderr.split("the stream has lost blocks").length - 1);
}
