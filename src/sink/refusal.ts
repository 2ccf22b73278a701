/** What to do about an output that refuses lines, by errno. */
const REMEDIES: Readonly<Record<string, string>> = {
  EDQUOT: "free some of its owner's disk quota",
  EFBIG: "raise the limit of a file's size (ulimit -f, prlimit --fsize), or rotate smaller files",
  EIO: "look for a failing disk in the kernel's log",
  EROFS: "make the file system writable again",
};

/** What to do where an output refuses lines with this errno. */
export function refusalRemedy(errno: string): string {
  return REMEDIES[errno] ?? "free some space";
}
