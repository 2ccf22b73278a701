/** An address as messages may show it: without a user and a password that somebody put into it. */
export function shownAddress(to: string): string {
  return to.replace(/\/\/[^/]*@/, "//…@");
}
