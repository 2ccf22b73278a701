/** The stages of a line's time, in the order of its way, with what each is. */
export const STAGES = {
  schedule: "from the time the line was due until the sender makes the call: its timer, and other lines before it",
  send: "the send call, until the aggregator is woken or the call returns",
  queue: "the line lies in the kernel while the aggregator is awake and does something else, or sleeps for throughput",
  wakeup: "from the wakeup until the aggregator runs",
  loop: "the event loop, until the read call",
  read: "the read call",
  process: "framing and check, until the write call",
  write: "the write to the file",
  sync: "fdatasync, where a line counts as stored only after it",
  notice: "until the reader of the file, woken by the kernel, has seen it",
} as const;

export type StageName = keyof typeof STAGES;

export const STAGE_NAMES: readonly StageName[] = Object.keys(STAGES) as StageName[];
