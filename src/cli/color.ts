import { Option } from "commander";

const COLOR_CHOICES = ["auto", "always", "never"] as const;

export type ColorChoice = (typeof COLOR_CHOICES)[number];

export function colorOption(): Option {
  return new Option("--color <when>", "color on a terminal; auto: unless NO_COLOR is set or TERM is dumb")
    .choices(COLOR_CHOICES)
    .default("auto");
}

/** Whether text on a terminal is to be coloured (no-color.org: an empty NO_COLOR doesn't count). */
export function hasColor(choice: ColorChoice): boolean {
  if (choice !== "auto") return choice === "always";
  return !process.env["NO_COLOR"] && !isDumbTerminal();
}

/** Whether the terminal obeys no escape sequences, as that of an editor: then nothing on it can be redrawn. */
export function isDumbTerminal(): boolean {
  const { TERM: term } = process.env;
  return !term || term === "dumb";
}
