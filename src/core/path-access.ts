/** Who may use a socket or a FIFO: the permissions and the owner of its path. */
export interface PathAccess {
  /** Permission bits; the owner's are always among them. */
  readonly mode: number;
  /** Undefined: as the kernel sets it, usually this process's user and group. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export const OWNER_ONLY: PathAccess = { mode: 0o600 };
