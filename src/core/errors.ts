/** Every failure that a user can do something about; docs/errors.md has a heading for each. */
export const ERROR_CODES = [
  "ACKNOWLEDGEMENT_REFUSED",
  "ADDRESS_IN_USE",
  "ADDRESS_INVALID",
  "ADDRESS_UNAVAILABLE",
  "CHECKPOINT_IN_USE",
  "CHECKPOINT_UNUSABLE",
  "DESCRIPTOR_UNUSABLE",
  "DIRECTORY_MISSING",
  "ENGINE_REFUSED",
  "FOREIGN_FILE",
  "INPUT_UNREADABLE",
  "LINE_TOO_LONG",
  "LISTENER_UNREACHABLE",
  "NATIVE_UNAVAILABLE",
  "NOT_A_FIFO",
  "NOT_A_SOCKET",
  "OUTPUT_IN_USE",
  "OUTPUT_NOT_A_FILE",
  "OUTPUT_NOT_LINES",
  "OUTPUT_REFUSED",
  "OUTPUT_UNWRITABLE",
  "PATH_TOO_LONG",
  "PERMISSION_DENIED",
  "PROGRAM_NOT_STARTED",
  "TLS_FAILED",
  "TRACE_FAILED",
  "TRACING_UNAVAILABLE",
  "USAGE",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A failure with a remedy. Anything else that is thrown is a bug, and Node crashes on it as usual. */
export class OperationalError extends Error {
  readonly code: ErrorCode;

  /** @param message subject, fact, remedy: "/run/x.sock is served by pid 812; stop it or pass another address" */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OperationalError";
    this.code = code;
  }
}

/** The errno name of a system error ("ENOSPC"), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") {
    return undefined;
  }
  return error.code;
}

/** Whether the same call can simply be retried at once, because the errno isn't a refusal. */
export function isTransient(errno: string): boolean {
  return errno === "EINTR" || errno === "EAGAIN";
}
