import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { errnoOf } from "../../../core/errors.ts";
import { EngineError } from "../engine.ts";
import { isProgramError } from "../program-error.ts";
import { isTlsError } from "../tls-error.ts";

/** Answers of JetStream after which trying again is no use (error codes of nats-server). */
const HOPELESS: Readonly<Record<number, string>> = {
  10039: "JetStream is not enabled for this account; enable it on the server",
  10059: "there is no such stream; create it, or pass --create-stream",
};

/** What a failure of the client means. @param subject what failed, for the message @throws what is a bug, as it is */
export function failureOf(error: unknown, subject: string): EngineError {
  if (error instanceof EngineError) return error;
  if (isProgramError(error) || isWrongCall(error)) throw error;
  const { message } = error instanceof Error ? error : new Error(String(error));
  const giveUp = (fact: string): EngineError => new EngineError("giveUp", `${subject}: ${fact}`, { cause: error });
  // The client makes no difference between this and a refusal, but the server was only too busy to ask for the password.
  if (error instanceof errors.AuthorizationError && /authentication timeout/i.test(message))
    return new EngineError("retry", `${subject}: ${message}`, { cause: error });
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return giveUp(`the server refuses this user (${message}); check the user and its password`);
  if (isForbidden(error)) return giveUp(`this user may not do that (${message}); allow it on the server`);
  if (isTlsError(error))
    return giveUp(`the TLS certificates don't fit (${message}); check --tls-ca, --tls-cert and the server's name`);
  const hopeless = error instanceof JetStreamApiError ? HOPELESS[error.code] : undefined;
  if (hopeless !== undefined) return giveUp(hopeless);
  // The client's message says "not enabled", but it means that nobody answered: there may be no leader just now.
  const fact =
    error instanceof Error && error.name === "JetStreamNotEnabled"
      ? "no JetStream server answers"
      : message || errnoOf(error);
  return new EngineError("retry", `${subject}: ${fact}`, { cause: error });
}

/** The client refuses an argument. */
function isWrongCall(error: unknown): boolean {
  return error instanceof errors.InvalidArgumentError || error instanceof errors.InvalidSubjectError;
}

/** Also of a question whose answer may not be received: the client wraps it. */
function isForbidden(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof errors.RequestError && error.cause instanceof errors.PermissionViolationError;
}
