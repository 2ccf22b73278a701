/** What a frame of a stack is about, and its colour, `--stack-` and the name. */
export interface StackKind {
  readonly name: "softirq" | "scheduler" | "unix" | "net" | "kernel" | "script" | "program";
  readonly text: string;
  /** For sentences. */
  readonly where: string;
}

/** The kernel's frames: the first pattern that a name fits. Helpers that fit none, such as kmalloc, belong to their caller. */
const KERNEL: readonly (StackKind & { readonly pattern: RegExp })[] = [
  {
    name: "softirq",
    text: "softirq",
    where: "softirqs, which deliver it",
    pattern: /softirq|local_bh_enable|net_rx_action/,
  },
  {
    name: "scheduler",
    text: "wakeup, switch",
    where: "wakeups and switches",
    pattern: /^_*(?:sched|schedule)|wake|finish_task_switch|raw_spin_unlock_irqrestore|^try_to_/,
  },
  {
    name: "unix",
    text: "unix socket, pipe",
    where: "the socket or pipe itself",
    pattern: /unix_|^sock_|pipe_/,
  },
  {
    name: "net",
    text: "network stack",
    where: "the network stack",
    pattern: /tcp|udp|^_*ip6?_|inet|^_*dev_|napi|netif|loopback|neigh|backlog/,
  },
];

export const SYSTEM_CALL: StackKind = {
  name: "kernel",
  text: "system call",
  where: "the system call itself",
};

/** The kinds of the kernel's frames, in the order of keys. */
export const KERNEL_KINDS: readonly StackKind[] = [SYSTEM_CALL, ...KERNEL.toReversed()];

export const SCRIPT: StackKind = { name: "script", text: "JavaScript", where: "JavaScript" };
export const PROGRAM: StackKind = { name: "program", text: "Node, V8, libraries", where: "Node and V8" };

/** Where a program enters the kernel: an instruction, or an interrupt. */
const KERNEL_ENTRY = /^(?:entry_SYSCALL|el0t?_|asm_(?:sysvec|exc)|do_syscall_64|x64_sys_call|__schedule|schedule$)/;

/** The kind of a frame of a whole stack, outermost frames first. */
export function stackKind(name: string, caller: StackKind): StackKind {
  if (caller !== SCRIPT && caller !== PROGRAM) return kernelKind(name, caller);
  if (KERNEL_ENTRY.test(name)) return SYSTEM_CALL;
  return name.startsWith("JS:") ? SCRIPT : PROGRAM;
}

/** The kind of a frame of the kernel below one of another kind. */
export function kernelKind(name: string, caller: StackKind): StackKind {
  return KERNEL.find(({ pattern }) => pattern.test(name)) ?? caller;
}
