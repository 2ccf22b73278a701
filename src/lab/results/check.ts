/** Says what is wrong with a value and where ("counts.sent is not a number"); undefined if nothing is. */
export interface Check<Type> {
  (value: unknown, path: string): string | undefined;
  /** Never set: lets the compiler compare what is checked with what is declared. */
  readonly type?: Type;
}

/** A check of each field of a type: the compiler asks for all. Further fields are ignored, so that older readers read newer files. */
export type Fields<Type> = { readonly [Name in keyof Type]-?: Check<Type[Name]> };

export const text: Check<string> = (value, path) => (typeof value === "string" ? undefined : `${path} is not a text`);

export const number: Check<number> = (value, path) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : `${path} is not a number`;

export const flag: Check<boolean> = (value, path) =>
  typeof value === "boolean" ? undefined : `${path} is neither true nor false`;

export function oneOf<Value>(values: readonly Value[]): Check<Value> {
  return (value, path) => (values.includes(value as Value) ? undefined : `${path} is none of ${values.join(", ")}`);
}

export function nullable<Value>(check: Check<Value>): Check<Value | null> {
  return (value, path) => (value === null ? undefined : check(value, path));
}

export function optional<Value>(check: Check<Value>): Check<Value | undefined> {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

export function either<First, Second>(first: Check<First>, second: Check<Second>): Check<First | Second> {
  return (value, path) => (first(value, path) === undefined ? undefined : second(value, path));
}

export function object<Type>(fields: Fields<Type>): Check<Type> {
  const entries = Object.entries<Check<unknown>>(fields as Record<string, Check<unknown>>);
  return (value, path) => {
    if (!isRecord(value)) return `${path || "the line"} is not an object`;
    return firstOf(entries, ([name, check]) => check(value[name], path === "" ? name : `${path}.${name}`));
  };
}

export function recordOf<Value>(check: Check<Value>): Check<Readonly<Record<string, Value>>> {
  return (value, path) => {
    if (!isRecord(value)) return `${path} is not an object`;
    return firstOf(Object.entries(value), ([name, item]) => check(item, `${path}.${name}`));
  };
}

export function listOf<Value>(check: Check<Value>): Check<readonly Value[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`;
    return firstOf([...value.entries()], ([at, item]) => check(item, `${path}[${at}]`));
  };
}

/** A list of so many numbers. */
export function numbers(length: number): Check<never> {
  return (value, path) =>
    Array.isArray(value) && value.length === length && value.every(Number.isFinite)
      ? undefined
      : `${path} is not a list of ${length} numbers`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstOf<Item>(items: readonly Item[], complaint: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = complaint(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
