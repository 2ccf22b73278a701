import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { registeredSubject } from "../support/subject.ts";
import { describeListenerContract } from "./listener-contract.ts";

for (const name of TRANSPORT_NAMES) describeListenerContract(name, registeredSubject(name));
