import type { InheritedDescriptor } from "../../aggregator/inherited-endpoints.ts";
import { OperationalError } from "../../core/errors.ts";

/** The first descriptor that a service manager passes (SD_LISTEN_FDS_START, sd_listen_fds(3)). */
const FIRST = 3;

/** What a service manager has passed to this process. */
export interface Inheritance {
  readonly descriptors: readonly InheritedDescriptor[];
  /** Why descriptors that were passed aren't used, as subject, fact, remedy. */
  readonly warning?: string;
}

const NOTHING: Inheritance = { descriptors: [] };

/**
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, as sd_listen_fds_with_names(3) does.
 *
 * @param environment loses these variables, which don't concern the programs that this one starts
 * @throws OperationalError DESCRIPTOR_UNUSABLE when LISTEN_FDS isn't a number of descriptors
 */
export function takeInheritance(environment: NodeJS.ProcessEnv): Inheritance {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = "" } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (pid === undefined || count === undefined) return NOTHING;
  if (Number(pid) !== process.pid) return { ...NOTHING, warning: forAnother(pid) };
  if (!/^\d{1,5}$/.test(count)) {
    throw new OperationalError(
      "DESCRIPTOR_UNUSABLE",
      `LISTEN_FDS is "${count}", which is not a number of descriptors; correct it, or unset it`,
    );
  }
  const named = names.split(":");
  return {
    descriptors: Array.from({ length: Number(count) }, (_, at) => ({ fd: FIRST + at, name: named[at] || undefined })),
  };
}

function forAnother(pid: string): string {
  return (
    `LISTEN_PID is ${pid} and this process is ${process.pid}, so the sockets that were passed are not used; ` +
    "start the aggregator without a wrapper, or with one that ends in exec"
  );
}
