/** V8's kinds of code in a perf map: `JS:*name file:line:column`, `Script:~ file:…`. Marks are tiers: ~ interpreted, ^ baseline, + and * optimized. */
const JAVASCRIPT = /^(?:JS|Script|Eval):[~^+*]*(\S*)/;
/** L marks names of the file's own. */
const PART = /^L?(\d+)/;

/** A function's name as stacks show it: without addresses, files, parameters and C++'s mangling. */
export function functionName(symbol: string): string {
  const script = JAVASCRIPT.exec(symbol);
  if (script !== null) return `JS:${script[1] || "(anonymous)"}`;
  const name = symbol.startsWith("_Z") ? unmangled(symbol) : symbol;
  // Parameters go; Go's receivers, as in main.(*reader).read, stay. Semicolons and spaces end frames in folded stacks.
  return name
    .replaceAll("(anonymous namespace)::", "")
    .replace(/\s*\((?!\*).*/, "")
    .replace(/\+0x[\da-f]+$|\+\d+$/, "")
    .replace(/[;\s]+/g, "_");
}

/** `_ZN4node2fs11WriteBufferE…` is node::fs::WriteBuffer: the names of the Itanium C++ ABI, without templates and parameters. */
function unmangled(symbol: string): string {
  let rest = symbol.replace(/^_Z+(?:N[VK]*)?(?:St)?/, "");
  const names: string[] = [];
  for (let part = PART.exec(rest); part !== null; part = PART.exec(rest)) {
    const [mark = "", bytes = ""] = part;
    const end = mark.length + Number(bytes);
    const name = rest.slice(mark.length, end);
    if (!name.startsWith("_GLOBAL__N")) names.push(name);
    rest = rest.slice(end);
  }
  return names.length === 0 ? symbol : names.join("::");
}
