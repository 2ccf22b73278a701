import type { TransportName } from "../core/transport-name.ts";
import type { Estimate } from "./reading.ts";

/** A number of this run within a sentence. */
export interface Fact {
  readonly text: string;
  readonly value: number;
  /** Where report.json has it: `scenario/variant/transport/reading`; of two, the value is their ratio. */
  readonly from: readonly string[];
  /** The figure that shows it. */
  readonly figure?: string;
}

/** Words that link to a figure, or name a transport. */
export interface Words {
  readonly text: string;
  readonly figure?: string;
  readonly transport?: TransportName;
}

/** A sentence whose numbers know where they come from, so that it can't say what was not measured. */
export type Sentence = readonly (string | Fact | Words)[];

/** The median of a reading as a number in a sentence. */
export function readingFact(from: string, { median }: Estimate, format: (value: number) => string): Fact {
  return { text: format(median), value: median, from: [from] };
}

/** The longest line of a transport. */
export function transportFact(name: TransportName, value: number, text: string): Fact {
  return { text, value, from: [`transports/${name}/lineBytesMax`] };
}

/** The sentence without its links. */
export function plain(sentence: Sentence): string {
  return sentence.map((part) => (typeof part === "string" ? part : part.text)).join("");
}

export function factsIn(sentence: Sentence): Fact[] {
  return sentence.filter((part): part is Fact => typeof part !== "string" && "from" in part);
}
