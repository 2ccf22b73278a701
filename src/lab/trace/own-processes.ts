/** How the scripts select a process: by the name that it takes, or by the name of one that ran before. */
const SELECTION = /(?:args->newcomm|curtask->group_leader->comm) == "(?:producer|aggregator)"/g;

/**
 * Restricts a script of bpftrace/ to the producers and aggregators that one process has started itself. A script that counts for the
 * whole machine stays as it is.
 *
 * @param script the script's text
 * @param pid the process, as scripts see it (Tracer.pid)
 */
export function onlyChildrenOf(script: string, pid: number): string {
  return script.replace(SELECTION, (name) => `(${name} && curtask->group_leader->real_parent->tgid == ${pid})`);
}
