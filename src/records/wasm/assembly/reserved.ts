import { BACKSLASH } from "./bytes";
import { copyLine, putNewName } from "./output";

/** `_trusted`, the lowest byte first. */
const NAME: u64 = 0x646574737572745f;
const NAME_BYTES: i32 = 8;
/** Each character as an escape of six bytes. */
const SPELLED_BYTES_MAX: i32 = 48;

/** Renames the key from the quote at `start` to behind the quote before `end`, if it spells the reserved name. */
export function renameReserved(start: i32, end: i32): void {
  const bytes = end - start - 2;
  if (bytes < NAME_BYTES || bytes > SPELLED_BYTES_MAX) {
    return;
  }
  if (load<u64>(start + 1) === NAME ? bytes === NAME_BYTES : isSpelled(start + 1, end - 1)) {
    copyLine(start, end);
    putNewName();
  }
}

/** Whether the valid string content from `at` to `end` is the name, with any of its characters as an escape. */
function isSpelled(at: i32, end: i32): bool {
  for (let name = NAME; name !== 0; name >>= 8) {
    let code: u32 = load<u8>(at);
    if (code === BACKSLASH) {
      if (load<u8>(at + 1) !== 0x75 /* u */) {
        return false;
      }
      code = (hexDigit(at + 2) << 12) | (hexDigit(at + 3) << 8) | (hexDigit(at + 4) << 4) | hexDigit(at + 5);
      at += 5;
    }
    at++;
    if (code !== <u32>(name & 0xff)) {
      return false;
    }
  }
  return at === end;
}

function hexDigit(at: i32): u32 {
  const byte: u32 = load<u8>(at);
  return byte <= 0x39 /* 9 */ ? byte - 0x30 : (byte | 0x20) - 0x57; // a is 10
}
