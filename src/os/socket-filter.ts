import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SOL_SOCKET } from "./constants.ts";
import { addressOf, errnoName, setsockopt } from "./libc.ts";

/** Classic BPF (linux/filter.h). On a TCP socket, a program sees the segment starting with the TCP header. */
type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, constant: number];

const INSTRUCTION_BYTES = 8;
const LOAD_BYTE = 0x30;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

const DROP = 0;
const KEEP = 0xffff_ffff;

const TCP_FLAGS_AT = 13;
const SYN = 0x02;
const SYN_OR_ACK = 0x12;

/** Module constants, so that their memory exists while the kernel reads it. */
const DROP_SYNS = programOf([
  [LOAD_BYTE, 0, 0, TCP_FLAGS_AT],
  [AND, 0, 0, SYN_OR_ACK],
  [JUMP_IF_EQUAL, 0, 1, SYN],
  [RETURN, 0, 0, DROP],
  [RETURN, 0, 0, KEEP],
]);
const DROP_ALL = programOf([[RETURN, 0, 0, DROP]]);
const KEEP_ALL = programOf([[RETURN, 0, 0, KEEP]]);

/**
 * Whether the kernel lets this process filter the input of a socket. socket(7) names no privilege for it, but some
 * kernels refuse it to users without CAP_BPF. Accepted connections would inherit a filter, so none stays attached.
 * @returns the errno's name if it is refused, otherwise undefined
 */
export function filterRefusal(fd: number): string | undefined {
  if (!attach(fd, KEEP_ALL)) return errnoName();
  setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, Buffer.alloc(4), 4);
  return undefined;
}

/** Stops a listening TCP socket from starting handshakes; pending ones are completed. No effect where it is refused. */
export function dropNewConnections(fd: number): void {
  attach(fd, DROP_SYNS);
}

/**
 * Makes a socket drop all segments that arrive from now on, without acknowledging them. No effect where it is refused.
 */
export function dropAllInput(fd: number): void {
  attach(fd, DROP_ALL);
}

function programOf(instructions: readonly Instruction[]): Uint8Array {
  const program = new DataView(new ArrayBuffer(INSTRUCTION_BYTES * instructions.length));
  for (const [i, [code, jumpTrue, jumpFalse, constant]] of instructions.entries()) {
    program.setUint16(INSTRUCTION_BYTES * i, code, true);
    program.setUint8(INSTRUCTION_BYTES * i + 2, jumpTrue);
    program.setUint8(INSTRUCTION_BYTES * i + 3, jumpFalse);
    program.setUint32(INSTRUCTION_BYTES * i + 4, constant, true);
  }
  return new Uint8Array(program.buffer);
}

/** SO_ATTACH_FILTER (socket(7)). The kernel copies the program. @returns whether it is attached */
function attach(fd: number, program: Uint8Array): boolean {
  const header = Buffer.alloc(16);
  header.writeUInt16LE(program.length / INSTRUCTION_BYTES, 0);
  header.writeBigUInt64LE(addressOf(program), 8);
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, header.length) === 0;
}
