/** What a wrapped line may have: its bytes, and where and when it arrived. */
const MEMBERS: ReadonlySet<string> = new Set(["_raw", "_raw_b64", "transport", "received"]);

/** The bytes inside a line that was stored as `{"_raw":"…"}` or `{"_raw_b64":"…"}`. @throws Error for any other line */
export function bytesOfWrapped(line: string): Buffer {
  const record: unknown = JSON.parse(line);
  if (typeof record === "object" && record !== null && Object.keys(record).every((key) => MEMBERS.has(key))) {
    if ("_raw" in record && typeof record._raw === "string") return Buffer.from(record._raw);
    if ("_raw_b64" in record && typeof record._raw_b64 === "string") return Buffer.from(record._raw_b64, "base64");
  }
  throw new Error(`not a wrapped line: ${line}`);
}

/** The content of a file, without what the aggregator says in wrapped lines of their arrival. */
export function withoutOrigin(text: string): string {
  return text.replace(/,"transport":"\w+","received":"[\d:T.-]+Z"(?=\}$)/gm, "");
}
