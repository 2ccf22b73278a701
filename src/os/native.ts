import { createRequire } from "node:module";
import type Koffi from "koffi";
import { OperationalError } from "../core/errors.ts";

type Native = typeof Koffi;

const require = createRequire(import.meta.url);

/** Loaded now, so that a call costs no question; but where that fails, the call that needs it does, and not the start. */
const loaded = load();
/** dlopen(NULL): the libc that Node itself is linked with, whether glibc or musl. */
const libc = loaded instanceof OperationalError ? undefined : loaded.load(null);

/** koffi, through which libc is called. @throws OperationalError NATIVE_UNAVAILABLE */
export function native(): Native {
  if (loaded instanceof OperationalError) throw loaded;
  return loaded;
}

/** A function of libc by its C prototype, which throws as native() does. */
export function libcFunction<F extends (...args: never[]) => number>(prototype: string): F {
  return (libc?.func(prototype) ?? native) as unknown as F;
}

function load(): Native | OperationalError {
  try {
    return require("koffi");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : cause;
    const message = `libc can't be called, because koffi can't be loaded (${reason}); install it with npm install`;
    return new OperationalError("NATIVE_UNAVAILABLE", message, { cause });
  }
}
