/**
 * The library. It reads no environment, handles no signals, never exits and prints nothing (records may be asked for on
 * standard output); it runs in worker threads too. docs/library.md shows how to use it.
 */

export type { Refusal } from "./aggregator/admission.ts";
export type {
  AggregateEvents,
  AggregateLedger,
  AggregateStatus,
  Aggregator,
} from "./aggregator/aggregator.ts";
export { type AggregatorOptions, createAggregator } from "./aggregator/create-aggregator.ts";
export type { InheritedDescriptor } from "./aggregator/inherited-endpoints.ts";
export type { OutputLedger } from "./aggregator/output-ledger.ts";
export type { ProtectionOptions, TlsOptions } from "./aggregator/protection.ts";
export type { AggregateReadings } from "./aggregator/readings.ts";
export type { Backpressure } from "./core/backpressure.ts";
export type { Endpoint, InetEndpoint, PathEndpoint } from "./core/endpoint.ts";
export { type ErrorCode, OperationalError } from "./core/errors.ts";
export type { Peer } from "./core/peer.ts";
export type { TransportName } from "./core/transport-name.ts";
export type { Expectation, Finding } from "./lab/findings.ts";
export type { RunVerdict } from "./lab/run-verdict.ts";
export type { Outcome } from "./lab/verify.ts";
export { type FilesVerdict, type VerifyFilesOptions, verifyFiles as verify } from "./lab/verify-files.ts";
export { type Ledger, linesLost, lossIn, type TransportLedger } from "./ledger/ledger.ts";
export { createSender, type SenderOptions } from "./producer/create-sender.ts";
export type { LogSender, SenderReport } from "./producer/log-sender.ts";
export type { SenderEvents } from "./producer/open-outlet.ts";
export type { SenderTlsOptions } from "./producer/sender-tls.ts";
export type { Durability } from "./sink/durability.ts";
