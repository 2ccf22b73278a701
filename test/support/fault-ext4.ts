import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing } from "./fault-tools.ts";

const IMAGE_BYTES = 64 * 1024 * 1024;

/**
 * Stops the process and shuts the file system down, so that nothing more reaches the disk: EXT4_IOC_SHUTDOWN with
 * EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h, Linux). A power cut stops programs too. A program
 * that kept running could be told that a sync has succeeded although its extents are never converted.
 */
const SHUTDOWN = `
import array, fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
os.kill(int(sys.argv[2]), signal.SIGSTOP)
fcntl.ioctl(fd, 0x8004587D, array.array("I", [2]))
`;

/** Why no power cut can be made here. */
export function ext4Obstacle(): string | undefined {
  if (process.geteuid?.() !== 0) return "a power cut needs root, to mount an ext4 image and shut it down";
  const tools = missing("mkfs.ext4", "-V") ?? missing("losetup", "--version") ?? missing("python3", "--version");
  if (tools !== undefined) return tools;
  const directory = mkdtempSync(join(tmpdir(), "log-ext4-"));
  try {
    const disk = new FaultExt4(directory);
    disk.mount();
    disk.unmount();
    return undefined;
  } catch (error) {
    return `no ext4 image can be mounted: ${String(error)}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** An ext4 file system in an image file, whose power can be cut. */
export class FaultExt4 {
  readonly directory: string;
  readonly #image: string;
  #mounted = false;

  constructor(parent: string) {
    this.directory = join(parent, "disk");
    this.#image = join(parent, "disk.img");
    mkdirSync(this.directory);
    closeSync(openSync(this.#image, "w"));
    truncateSync(this.#image, IMAGE_BYTES);
    execFileSync("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=0", this.#image]);
  }

  mount(): void {
    // A long commit interval, so that nothing is written by chance that the aggregator didn't sync.
    execFileSync("mount", ["-o", "loop,commit=300", this.#image, this.directory]);
    this.#mounted = true;
  }

  /**
   * Stops the process that uses the disk. From then on nothing reaches it, and what had not reached it is lost at the
   * next mount.
   */
  cutPower(pid: number): void {
    execFileSync("python3", ["-c", SHUTDOWN, this.directory, String(pid)]);
  }

  /** Unmounts it when nobody uses it any more. */
  unmount(): void {
    if (!this.#mounted) return;
    // The kernel may close a killed process's files a moment after it has ended.
    const patiently = 'for i in 1 2 3 4 5 6 7 8 9; do umount "$0" 2>/dev/null && exit; sleep 0.2; done; umount "$0"';
    execFileSync("sh", ["-c", patiently, this.directory]);
    this.#mounted = false;
  }

  /** Unmounts it in any case. */
  [Symbol.dispose](): void {
    if (this.#mounted) spawnSync("umount", ["--lazy", this.directory]);
  }
}
