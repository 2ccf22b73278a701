import { expect } from "vitest";
import { type ErrorCode, OperationalError } from "../../src/core/errors.ts";

/** Expects an OperationalError with this code, and returns it. */
export function expectOperational(error: unknown, code: ErrorCode): OperationalError {
  expect(error).toBeInstanceOf(OperationalError);
  if (!(error instanceof OperationalError)) throw error;
  expect(error.code).toBe(code);
  return error;
}

/** What the call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** What the promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was rejected");
}
