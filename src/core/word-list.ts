const ALL = new Intl.ListFormat("en-GB");
const ANY = new Intl.ListFormat("en-GB", { type: "disjunction" });

/** `unixsock, unixgram and fifo` */
export function andList(words: readonly string[]): string {
  return ALL.format(words);
}

/** `unixsock or tcp` */
export function orList(words: readonly string[]): string {
  return ANY.format(words);
}
