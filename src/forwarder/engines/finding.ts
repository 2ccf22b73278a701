/** One fact about a place that lines are forwarded to. */
export interface Finding {
  /** `warn`: forwarding works, and something should be known. `fail`: it doesn't work, or lines will be left out. */
  readonly level: "ok" | "warn" | "fail";
  /** What was looked at, in one or two words. */
  readonly subject: string;
  readonly fact: string;
  readonly remedy?: string;
}

export interface CheckNeeds {
  readonly blockBytes: number;
  /** Whether something may be sent that the place refuses to store, but that others may see. */
  readonly mayPublish: boolean;
}

export function ok(subject: string, fact: string): Finding {
  return { level: "ok", subject, fact };
}

export function warn(subject: string, fact: string, remedy: string): Finding {
  return { level: "warn", subject, fact, remedy };
}

export function fail(subject: string, fact: string, remedy: string): Finding {
  return { level: "fail", subject, fact, remedy };
}
