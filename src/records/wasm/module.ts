import { MODULE_BASE64 } from "./module.generated.ts";

interface Memory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; detaches the former `buffer`. Throws RangeError when there is no memory. */
  grow(pages: number): number;
}

/** The exports of assembly/index.ts; its comments explain the parameters. */
export interface LineModule {
  readonly memory: Memory;
  readonly checkPlain: (start: number, end: number, table: number, tableEnd: number, shaped: boolean) => number;
  readonly checkJson: (
    start: number,
    end: number,
    table: number,
    tableEnd: number,
    specials: number,
    closers: number,
    depthMax: number,
  ) => number;
  readonly stampJson: (
    start: number,
    end: number,
    table: number,
    tableEnd: number,
    specials: number,
    closers: number,
    depthMax: number,
    out: number,
    outMax: number,
    fields: number,
    fieldsBytes: number,
  ) => number;
  readonly outputEnd: () => number;
}

// Neither lib es2023 nor @types/node declares it.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: LineModule };
};

/** Creates an instance with a memory of its own. Synchronous: a few KiB compile in well under a millisecond. */
export function instantiateLineModule(): LineModule {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(MODULE_BASE64, "base64"))).exports;
}
