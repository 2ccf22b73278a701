// Compiles src/records/wasm/assembly (AssemblyScript) into src/records/wasm/module.generated.ts, which is checked in so
// the build doesn't have to make it. With --check it writes nothing and fails unless what is there is what it would
// write.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = "src/records/wasm/assembly/index.ts";
const RESULT = "src/records/wasm/module.generated.ts";
const OPTIONS = ["--enable", "simd", "--runtime", "stub", "--noAssert", "--optimizeLevel", "3", "--shrinkLevel", "0"];

async function compile() {
  let binary;
  const { error, stderr } = await asc.main([ENTRY, "--baseDir", ROOT, ...OPTIONS, "--outFile", "module.wasm"], {
    writeFile: (_name, contents) => {
      binary = Buffer.from(contents);
    },
  });
  if (error !== null || binary === undefined) {
    throw new Error(`${ENTRY} does not compile:\n${stderr.toString()}`);
  }
  return binary;
}

function generated(binary) {
  return `// Made from assembly/ by scripts/build-wasm.mjs, which also checks that it is current. Don't edit.

/** The compiled WebAssembly module, ${binary.length} bytes in base64. */
export const MODULE_BASE64: string =
  "${binary.toString("base64")}";
`;
}

const wanted = generated(await compile());
if (!process.argv.includes("--check")) {
  await writeFile(new URL(`../${RESULT}`, import.meta.url), wanted);
} else if ((await readFile(new URL(`../${RESULT}`, import.meta.url), "utf8")) !== wanted) {
  process.stderr.write(
    `${RESULT} is not what ${ENTRY} compiles to; run node scripts/build-wasm.mjs and commit the result\n`,
  );
  process.exitCode = 1;
}
