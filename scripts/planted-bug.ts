/** A bug that is planted, and the test that has to catch it. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** What the file contains, exactly once. */
  readonly sound: string;
  /** What replaces it. */
  readonly broken: string;
  readonly test: string;
}
