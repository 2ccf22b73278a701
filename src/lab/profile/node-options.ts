/** Has V8 list the functions that it compiles, and give interpreted ones a frame of their own. */
const OPTIONS = "--perf-basic-prof --interpreted-frames-native-stack";

/**
 * A program and its arguments that run each program whose stacks are taken. Programs that are not Node's ignore it. With these
 * options V8 leaves a file isolate-….log where the program runs, so that has to be the cell's folder, which is removed.
 */
export function withFunctionNames(directory: string): readonly string[] {
  const own = process.env["NODE_OPTIONS"];
  return ["env", `--chdir=${directory}`, `NODE_OPTIONS=${own === undefined ? "" : `${own} `}${OPTIONS}`];
}
