/** A moment in the name of a file beside the output, to the millisecond: `20261123T040000000Z` sorts by time. */
export function timeStamp(moment: Date): string {
  return moment.toISOString().replace(/[-:.]/g, "");
}
