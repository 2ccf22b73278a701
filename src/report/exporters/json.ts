import { factsIn, plain } from "../facts.ts";
import type { Summary } from "../summary.ts";
import { verdictOf } from "../verdict.ts";
import type { Exporter } from "./exporter.ts";

/** Everything that the other reports are made from, and the verdict with the place of each of its numbers. */
export const json: Exporter = {
  fileName: "report.json",
  content: (summary) => `${JSON.stringify({ ...summary, verdict: verdictJson(summary) }, undefined, 1)}\n`,
};

function verdictJson(summary: Summary): object {
  const { take, why, exceptions } = verdictOf(summary);
  const sentences = why.map((sentence) => ({ text: plain(sentence), facts: factsIn(sentence) }));
  return {
    take: take ?? null,
    why: sentences,
    exceptions: exceptions.map(({ transport, need, price }) => ({
      transport,
      need,
      price: { text: plain(price), facts: factsIn(price) },
    })),
  };
}
