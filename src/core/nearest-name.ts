/**
 * The name that a user most likely meant: the first that starts with the typed text, else the one with the fewest
 * edits.
 */
export function nearestName<Name extends string>(typed: string, names: readonly [Name, ...Name[]]): Name {
  const text = typed.toLowerCase();
  const byPrefix = text === "" ? undefined : names.find((name) => name.startsWith(text));
  if (byPrefix !== undefined) return byPrefix;
  return names.reduce((best, name) => (edits(text, name) < edits(text, best) ? name : best), names[0]);
}

/** Levenshtein distance, computed row by row. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
