import { answers, conversations, hellos } from "./acknowledgements.ts";
import { checkpoints, slotFiles } from "./checkpoint.ts";
import { messageHeadersTarget, otlpAnswers, otlpRecords } from "./forwarder.ts";
import { messages, requests, streams } from "./framing.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { addresses, values } from "./options.ts";
import { forgeries, records } from "./records.ts";

/** Every parser of what others send or write. Their long forms together are ten million cases. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  streams,
  messages,
  requests,
  records,
  forgeries,
  hellos,
  answers,
  conversations,
  addresses,
  values,
  checkpoints,
  slotFiles,
  messageHeadersTarget,
  otlpAnswers,
  otlpRecords,
];
