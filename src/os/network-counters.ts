import { readFileSync } from "node:fs";

/** The counters of the network in this namespace, by protocol and name as in `Udp RcvbufErrors` (proc_net(5)). */
export function networkCounters(): ReadonlyMap<string, number> {
  return new Map(["/proc/net/snmp", "/proc/net/netstat"].flatMap((path) => countersIn(textOf(path))));
}

/** Each protocol has a line of names and then one of values. */
function countersIn(text: string): [string, number][] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.flatMap((line, at) => {
    if (at % 2 === 1) return [];
    const [protocol = "", ...names] = line.split(" ");
    const values = lines[at + 1]?.split(" ").slice(1) ?? [];
    return names.map((name, index): [string, number] => [`${protocol.slice(0, -1)} ${name}`, Number(values[index])]);
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
