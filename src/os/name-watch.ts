import { IN_ATTRIB, IN_CLOEXEC, IN_DELETE_SELF, IN_MOVE_SELF, IN_NONBLOCK } from "./constants.ts";
import { close, errnoError, inotify_add_watch, inotify_init1, read } from "./libc.ts";
import { Readiness } from "./readiness.ts";

/**
 * Calls back when an open file may have lost its name: the file or its directory was deleted, renamed or replaced
 * (inotify(7); losing a link raises IN_ATTRIB). Node's fs.watch would also wake up at every write to the file.
 */
export class NameWatch {
  readonly #fd: number;
  readonly #readiness: Readiness;
  /** Read and dropped; one event of a watched file takes 16 bytes, with the longest name 272 (inotify(7)). */
  readonly #events: Buffer = Buffer.alloc(4096);
  #closed = false;

  /** @throws the system error of inotify_init1(2) or inotify_add_watch(2), often a limit of fs.inotify */
  constructor(file: number, directory: string, changed: () => void) {
    this.#fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (this.#fd < 0) throw errnoError("inotify_init1");
    try {
      this.#add(`/proc/self/fd/${file}`, IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
      this.#add(directory, IN_DELETE_SELF | IN_MOVE_SELF);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
    this.#readiness = new Readiness(this.#fd, "readable", () => {
      // It doesn't matter what happened, only that something did.
      while (read(this.#fd, this.#events, this.#events.length) > 0);
      changed();
    });
    this.#readiness.start();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readiness.close();
    close(this.#fd);
  }

  #add(path: string, mask: number): void {
    if (inotify_add_watch(this.#fd, path, mask) < 0) throw errnoError("inotify_add_watch", path);
  }
}
