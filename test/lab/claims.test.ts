/** The claims of docs/trade-offs.md, measured on this kernel by `ipc-lab claims`; each id is explained in that page. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type ClaimResult, measureClaim, NotMeasurable } from "../../src/lab/claims/claim.ts";
import { CLAIMS } from "../../src/lab/claims/claims.ts";
import { COSTS } from "../../src/lab/claims/costs.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { readPage } from "../support/doc-samples.ts";

const IDS = CLAIMS.map(({ id }) => id);

function runClaims(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [projectFile("dist/bin/ipc-lab.js"), "claims", ...args], { encoding: "utf8" });
}

describe("the claims", () => {
  it("have an id each, all of which docs/trade-offs.md explains", () => {
    expect(new Set(IDS).size).toBe(IDS.length);
    const listed = [...readPage("docs/trade-offs.md").matchAll(/^- (`[^:]*):/gm)].flatMap(([, ids = ""]) =>
      [...ids.matchAll(/`([^`]+)`/g)].map(([, id]) => id),
    );
    expect(listed.toSorted()).toEqual(IDS.toSorted());
  });

  // What a send costs is left out: a busy machine may hide the difference.
  it("hold on this kernel, or say why they can't be measured", () => {
    const costs = COSTS.map(({ id }) => id);
    const ids = IDS.filter((id) => !costs.includes(id));
    const { status, stdout } = runClaims("--json", ...ids);
    const results: ClaimResult[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(results.map(({ id }) => id)).toEqual(ids);
    expect(results.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    for (const result of results) {
      expect(result.verdict === "not measured" ? result.reason : result.evidence).toMatch(/\w/);
    }
    expect(status).toBe(0);
  });

  it("measure what costs name, in numbers above zero", async () => {
    for (const claim of COSTS) {
      const result = await measureClaim(claim);
      const evidence = result.verdict === "not measured" ? "" : result.evidence;
      expect([...evidence.matchAll(/(\d+\.\d) µs/g)].filter(([, micros]) => Number(micros) > 0)).toHaveLength(2);
    }
  });

  it("fail when the measurement contradicts them", async () => {
    const contradicted = await measureClaim({
      id: "udp-waits",
      statement: "a udp sender waits",
      measure: (open) => {
        const transport = open("udp");
        const { ending } = transport.sendUntilRefused(transport.connect(), Buffer.alloc(200), 30_000);
        return { isTrue: ending === "EAGAIN", evidence: `the sends ended with ${ending}` };
      },
    });
    expect(contradicted).toMatchObject({ verdict: "fail", evidence: "the sends ended with undefined" });
  });

  it("are not measured where this machine can't show them", async () => {
    const measure = (): never => {
      throw new NotMeasurable("no such counter");
    };
    const result = await measureClaim({ id: "x", statement: "y", measure });
    expect(result).toMatchObject({ verdict: "not measured", reason: "no such counter" });
  });

  it("can't be asked for by a wrong name", () => {
    const { status, stderr } = runClaims("udp-waits");
    expect(status).toBe(2);
    expect(stderr).toContain("no claim is called udp-waits");
  });
});
