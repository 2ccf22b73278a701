import { describe } from "vitest";
import type { Subject } from "../support/subject.ts";
import { describeAddresses } from "./addresses.ts";
import { describeClosing } from "./closing.ts";
import { describeDelivery } from "./delivery.ts";
import { describeOverload } from "./overload.ts";
import { describeShutdown } from "./shutdown.ts";

/** What every transport must do, in cases chosen by its traits and by nothing else. */
export function describeListenerContract(label: string, subject: Subject): void {
  describe(label, () => {
    describe("delivery", () => describeDelivery(subject));
    describe("overload", () => describeOverload(subject));
    describe("addresses", () => describeAddresses(subject));
    describe("shutdown", () => {
      describeShutdown(subject);
      describeClosing(subject);
    });
  });
}
