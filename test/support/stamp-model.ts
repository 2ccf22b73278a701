/** What LineStamper makes of lines, as plain JavaScript without any care for speed. */

/** The content of the file for lines without their LF; undefined for a blank line, which isn't stored. */
export function stampedLine(line: Buffer, value: string, isObject: boolean): string | undefined {
  const text = line.toString("latin1");
  if (/^[ \t\r]*$/.test(text)) return undefined;
  if (!isObject) return undefined;
  const brace = text.lastIndexOf("}");
  const body = renamed(text.slice(0, brace));
  const comma = /\{[ \t\r]*$/.test(body) && topLevelKeys(text).length === 0 ? "" : ",";
  return `${body.replaceAll("\r", " ")}${comma}"_trusted":${value}}`;
}

/** Start and end of each key of an object's text, with its quotes. */
export function topLevelKeys(text: string): [number, number][] {
  const keys: [number, number][] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (depth === 1 && /^[ \t\r]*:/.test(text.slice(end))) keys.push([at, end]);
      at = end - 1;
    }
  }
  return keys;
}

function stringEnd(text: string, quote: number): number {
  let at = quote + 1;
  for (; text[at] !== '"'; at++) if (text[at] === "\\") at++;
  return at + 1;
}

/** The beginning of an object's text, with the reserved name replaced. */
function renamed(text: string): string {
  let result = "";
  let from = 0;
  for (const [start, end] of topLevelKeys(text)) {
    if (JSON.parse(text.slice(start, end)) !== "_trusted") continue;
    result += `${text.slice(from, start)}"_untrusted"`;
    from = end;
  }
  return result + text.slice(from);
}
