import { appendFileSync, readFileSync } from "node:fs";
import type { FileChange } from "../../src/forwarder/events.ts";
import { logFile } from "./log-files.ts";
import { MemoryStream } from "./memory-engine.ts";
import { forwardToMemory } from "./memory-forwarding.ts";

/** A log file that is forwarded to its end, again and again. */
export class ForwardedLog {
  readonly path: string = logFile("");
  readonly stream: MemoryStream = new MemoryStream();
  /** What had become of files. */
  readonly changes: FileChange[] = [];
  #lines = 0;

  /** What is in the file. */
  get content(): string {
    return readFileSync(this.path, "utf8");
  }

  /** Appends lines, and returns them. */
  grow(count: number): string {
    const lines = Array.from({ length: count }, () => `{"n":${this.#lines++}}\n`).join("");
    appendFileSync(this.path, lines);
    return lines;
  }

  /** @returns what the stream has */
  async forward(): Promise<string> {
    this.changes.push(...(await forwardToMemory(this.path, this.stream)));
    return this.stream.content.toString();
  }
}
